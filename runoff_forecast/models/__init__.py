"""The mathematics: what is known before counting, the order of arrival, the joint density, and two engines for it."""

from .learnt import learnt_priors as learnt_priors
from .priors import Priors as Priors
from .sickness import NoMode as NoMode, SickPosterior as SickPosterior
from .stratified import StratifiedArrival as StratifiedArrival, forecast as forecast
from .transfers import transfers as transfers
