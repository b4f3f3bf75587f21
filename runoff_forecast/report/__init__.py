"""What readers get: the page, and what keeps it up to date."""

from .page import page as page, write_page as write_page
from .past_nights import record_of as record_of, track_record as track_record
from .watch import LivePage as LivePage, Page as Page, Watch as Watch
