"""Files and publishers to records; nothing else knows a format."""

from .bulletin import bulletin as bulletin
from .catalog import elections as elections, folder_of as folder_of, load as load
from .folder import (
    check_folder as check_folder,
    read_counts as read_counts,
    read_election as read_election,
    read_night as read_night,
)
from .onpe_files import StationFiles as StationFiles, Wanted as Wanted, read_onpe as read_onpe
from .writing import write_night as write_night, write_problems as write_problems
