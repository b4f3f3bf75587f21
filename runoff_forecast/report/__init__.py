"""What readers get: the page, and what keeps it up to date."""

from .page import page as page, write_page as write_page
