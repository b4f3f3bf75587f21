"""The live watch loses no bulletin, believes no broken one, and never leaves half a page."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import made_up
import numpy as np
import onpe_office
import pandas as pd
import pytest
from onpe_office import Office
from typer.testing import CliRunner

import runoff_forecast as rf
from runoff_forecast import cli
from runoff_forecast.count import Counts
from runoff_forecast.night import Night
from runoff_forecast.report import watch as watching
from runoff_forecast.report.watch import Page, Watch
from runoff_forecast.sources import addresses
from runoff_forecast.sources.feeds import BrokenDownload, CountsFile
from runoff_forecast.sources.keeper import UNFINISHED, Keeper

ROOT = Path(__file__).parents[1]
FILLING = "<p>votes</p>\n" * 20_000


def cheap(night: Night) -> Page:
    """A page that is long enough to be caught half-written, and says how much it knows."""
    told = f"{len(night.counts)} bulletins"
    return Page(f"<!doctype html>\n<title>{told}</title>\n{FILLING}</html>\n", told)


def is_whole(html: str) -> bool:
    return html.startswith("<!doctype html>") and html.endswith("</html>\n") and FILLING in html


class Desk:
    """A watch with its page, its keeper and its log."""

    def __init__(self, folder: Path, feed, *, render=cheap, **options):
        self.page, self.log, self.pauses = folder / "page.html", [], []
        self.keeper = Keeper(folder / "kept")
        options = {"every": 0.0, "sleep": self.pauses.append} | options
        self.watch = Watch(feed, self.keeper, render, self.page, self.log.append, **options)

    def look(self) -> bool:
        return self.watch.run(once=True)


class Script:
    """A feed that gives what it is told to give, one thing a look."""

    cumulative = False

    def __init__(self, election, *looks):
        self.election, self.looks = election, iter(looks)

    def look(self):
        given = next(self.looks)
        if isinstance(given, Exception):
            raise given
        return given


@pytest.fixture
def contest():
    return made_up.election()


def bulletin(contest, time: str, counted: int, votes: int = 100, level: str = "nation", place: str = "") -> Counts:
    row = {
        "time": time,
        "level": level,
        "place": place,
        "counted": counted,
        "ana": votes * counted,
        "bea": 90 * counted,
    }
    return Counts.from_frame(contest, pd.DataFrame([row]))


def hour(number: int) -> str:
    return f"2021-06-06T{number:02d}:00:00-05:00"


# The folder: a counts file that grows.


@pytest.fixture
def folder(tmp_path, contest):
    """A folder whose counts file can be written line by line."""
    path = made_up.folder(tmp_path / "night", contest)
    whole = (path / "counts.csv").read_text(encoding="utf-8")
    (path / "counts.csv").unlink()
    return path, whole.splitlines(keepends=True)


def test_a_counts_file_is_followed_from_before_its_first_line(tmp_path, folder, contest):
    path, lines = folder
    desk = Desk(tmp_path, CountsFile(path, contest))
    assert desk.look()
    assert "0 bulletins" in desk.page.read_text(encoding="utf-8")
    (path / "counts.csv").write_text("".join(lines[:2]), encoding="utf-8")
    assert desk.look()
    (path / "counts.csv").write_text("".join(lines), encoding="utf-8")
    assert desk.look()
    assert "2 bulletins" in desk.page.read_text(encoding="utf-8")
    assert [line.split(";")[0][:16] for line in desk.log] == ["no bulletin yet", "6 June 2021, 20:", "6 June 2021, 21:"]
    assert len(desk.keeper.files()) == 2
    pd.testing.assert_frame_equal(desk.keeper.read(contest).frame, rf.load(path).counts.frame)


def test_a_line_that_is_being_written_is_waited_for(tmp_path, folder, contest):
    path, lines = folder
    desk = Desk(tmp_path, CountsFile(path, contest))
    (path / "counts.csv").write_text("".join(lines).rstrip("\n")[:-1], encoding="utf-8")  # the last number is cut
    assert desk.look()
    assert desk.watch.counts.frame.empty
    (path / "counts.csv").write_text("".join(lines), encoding="utf-8")
    assert desk.look()
    assert len(desk.watch.counts) == 2


def test_a_file_at_rest_needs_no_last_line_end(tmp_path, folder, contest):
    path, lines = folder
    (path / "counts.csv").write_text("".join(lines).rstrip("\n"), encoding="utf-8")
    long_ago = time.time() - 60
    os.utime(path / "counts.csv", (long_ago, long_ago))
    desk = Desk(tmp_path, CountsFile(path, contest))
    assert desk.look()
    assert len(desk.watch.counts) == 2


@pytest.mark.parametrize("broken", ["", "<html></html>\n", "time,level\n", "\x00\x01\n", "fewer", "other numbers"])
def test_a_broken_or_shrunk_file_leaves_the_last_good_page(tmp_path, folder, contest, broken):
    path, lines = folder
    (path / "counts.csv").write_text("".join(lines), encoding="utf-8")
    desk = Desk(tmp_path, CountsFile(path, contest))
    desk.look()
    good, kept = desk.page.read_bytes(), desk.keeper.files()
    texts = {"fewer": "".join(lines[:2]), "other numbers": "".join(lines) + lines[-1].replace("21:00", "22:00") * 2}
    (path / "counts.csv").write_text(texts.get(broken, broken), encoding="utf-8")
    again = Desk(tmp_path, desk.watch.feed)
    long_ago = time.time() - 60
    os.utime(path / "counts.csv", (long_ago, long_ago))
    assert not again.look()
    assert "refused" in again.log[0]
    assert again.page.read_bytes() == good
    assert again.keeper.files() == kept


# Bulletins: repeated, out of order, from the future, shrinking.


def test_repeated_and_out_of_order_bulletins_are_kept_once_and_in_order(tmp_path, contest):
    first, second, third = (bulletin(contest, hour(18 + number), 5 * number) for number in (1, 2, 3))
    desk = Desk(tmp_path, Script(contest, first, third, first, None, second, third, second))
    for _ in range(7):
        assert desk.look()
    assert list(desk.watch.counts.frame["counted"]) == [5, 10, 15]
    assert desk.watch.counts.latest.counted == 15
    assert len(desk.keeper.files()) == 3
    pd.testing.assert_frame_equal(desk.keeper.read(contest).frame, desk.watch.counts.frame)


def test_a_bulletin_rewritten_by_the_office_replaces_the_first(tmp_path, contest):
    desk = Desk(tmp_path, Script(contest, bulletin(contest, hour(19), 5), bulletin(contest, hour(19), 5, votes=101)))
    desk.look()
    desk.look()
    assert desk.watch.counts.latest.votes["ana"] == 505
    assert desk.keeper.read(contest).latest.votes["ana"] == 505


def test_the_future_is_not_believed(tmp_path, contest):
    now = lambda: datetime(2021, 6, 7, 0, 30, tzinfo=UTC)  # noqa: E731 (19:30 in Lima)
    desk = Desk(tmp_path, Script(contest, bulletin(contest, hour(19), 5), bulletin(contest, hour(23), 9)), now=now)
    desk.look()
    assert desk.look()
    assert "of the future" in desk.log[1]
    assert desk.watch.counts.latest.counted == 5


def test_a_count_that_collapses_is_a_broken_download_unless_it_is_believed(tmp_path, contest):
    small = bulletin(contest, hour(21), 10)
    desk = Desk(tmp_path, Script(contest, bulletin(contest, hour(20), 12), small))
    desk.look()
    good = desk.page.read_bytes()
    assert not desk.look()
    assert any("--allow-shrinking" in line for line in desk.log)
    assert desk.page.read_bytes() == good
    assert desk.watch.counts.latest.counted == 12
    believing = Desk(tmp_path, Script(contest, small), allow_shrinking=True)
    assert believing.look()
    assert believing.watch.counts.latest.counted == 10


def test_small_corrections_are_taken(tmp_path, contest):
    desk = Desk(tmp_path, Script(contest, bulletin(contest, hour(20), 30), bulletin(contest, hour(21), 29)))
    desk.look()
    assert desk.look()
    assert desk.watch.counts.latest.counted == 29


def test_a_place_that_loses_much_keeps_its_last_state(tmp_path):
    contest = rf.load("peru-2021-runoff").election
    rows = [("region", "140000", 9000), ("region", "010000", 500), ("nation", "", 50000)]
    later = [("region", "140000", 9500), ("region", "010000", 50), ("nation", "", 52000)]
    looks = []
    for state, time_ in ((rows, hour(20)), (later, hour(21))):
        frame = pd.DataFrame(state, columns=["level", "place", "counted"]).assign(time=time_)
        frame = frame.assign(castillo=100 * frame["counted"], fujimori=90 * frame["counted"])
        looks.append(Counts.from_frame(contest, frame))
    desk = Desk(tmp_path, Script(contest, *looks))
    desk.look()
    assert desk.look()
    assert "region 010000" in desk.log[1]
    state = desk.watch.counts.latest.rows.set_index("place")["counted"]
    assert (state["140000"], state["010000"], state[""]) == (9500, 500, 52000)


# Failures: pauses, and a page that cannot be made.


def test_the_log_names_who_is_first_and_not_who_is_listed_first():
    several = made_up.election((*made_up.CANDIDATES, made_up.THIRD), rules=())
    row = {"time": hour(21), "level": "nation", "place": "", "counted": 30, "ana": 10, "bea": 800, "caro": 900}
    assert watching._state(Counts.from_frame(several, pd.DataFrame([row])).latest).endswith("Caro Inga +5.85")


def test_failures_make_the_pauses_longer_and_success_ends_that(tmp_path, contest):
    broken = [BrokenDownload("HTTP 500")] * 5
    asked = BrokenDownload("HTTP 503", retry_after=42.0)
    good = [bulletin(contest, hour(18), 3), bulletin(contest, hour(19), 5)]
    desk = Desk(tmp_path, Script(contest, *broken, asked, good[0], broken[0], good[1]), every=1.0)
    assert desk.watch.run(bulletins=2)
    assert desk.pauses == [1, 2, 4, 8, 10, 42, 1, 1]


def test_a_page_that_cannot_be_made_leaves_the_last_one_and_the_watch_alive(tmp_path, contest):
    fails = itertools.cycle([False, True])

    def render(night: Night) -> Page:
        if next(fails):
            raise ZeroDivisionError("no draws")
        return cheap(night)

    looks = [bulletin(contest, hour(18 + number), 5 * number) for number in (1, 2, 3)]
    desk = Desk(tmp_path, Script(contest, *looks), render=render)
    assert desk.watch.run(bulletins=3)
    assert "the page stays as it was: ZeroDivisionError: no draws" in desk.log[1]
    assert "3 bulletins" in desk.page.read_text(encoding="utf-8")


def test_what_was_kept_is_known_after_a_new_start(tmp_path, contest):
    looks = [bulletin(contest, hour(18 + number), 5 * number) for number in (1, 2)]
    Desk(tmp_path, Script(contest, *looks)).watch.run(bulletins=2)
    desk = Desk(tmp_path, Script(contest, looks[1], BrokenDownload("HTTP 500")))
    desk.page.unlink()
    assert desk.look()
    assert desk.log == ["known so far, 6 June 2021, 20:00: 25.6 % of stations, Ana Quispe +5.26; 2 bulletins"]
    assert not desk.look()


# The keeper.


def test_kept_files_are_never_touched_again(tmp_path, contest):
    keeper = Keeper(tmp_path)
    first = keeper.keep(bulletin(contest, hour(19), 5))
    content, state = first.read_bytes(), first.stat()
    second = Keeper(tmp_path).keep(bulletin(contest, hour(19), 6))
    assert first != second
    assert (first.read_bytes(), first.stat().st_mtime_ns) == (content, state.st_mtime_ns)


def test_what_a_kill_left_is_passed_over_and_damage_is_named(tmp_path, contest):
    keeper = Keeper(tmp_path)
    kept = keeper.keep(bulletin(contest, hour(19), 5))
    (tmp_path / (UNFINISHED + "000002-1.csv")).write_text("time,level,pl", encoding="utf-8")
    assert keeper.read(contest).latest.counted == 5
    kept.write_text("time,level,place,counted,ana,bea\n2021-06-06T19:00:00-05:00,nation,,5,5\n", encoding="utf-8")
    with pytest.raises(rf.InvalidCount, match=kept.name):
        keeper.read(contest)


KEEPING = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import made_up
from runoff_forecast.sources.keeper import Keeper
contest, keeper = made_up.election(), Keeper(Path({folder!r}))
night = made_up.counts(contest)
while True:
    print(keeper.keep(night).name, flush=True)
"""


def killed(program: str, after: float) -> list[str]:
    """Runs a program, kills it that many seconds after its first line, and gives its whole lines."""
    running = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    first = running.stdout.readline()
    time.sleep(after)
    running.send_signal(signal.SIGKILL)
    rest, _ = running.communicate()
    return [line for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]


@pytest.mark.slow
def test_the_keeper_survives_being_killed_at_any_moment(tmp_path, contest):
    told: list[str] = []
    for number in range(3):
        program = KEEPING.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
        told += killed(program, 0.05 + 0.0371 * number)
        there = {path.name for path in Keeper(tmp_path).files()}
        assert {line.strip() for line in told} <= there
        for path in Keeper(tmp_path).files()[-5:]:
            assert len(rf.read_counts(path, contest).frame) == 3


# The office at an address.


@pytest.fixture(scope="module")
def departments() -> Night:
    """Peru 2021 by department, as it was published."""
    bundled = ROOT / "data" / "peru-2021-runoff"
    return rf.load("peru-2021-runoff", counts=bundled / "counts-by-department.csv.gz")


@pytest.fixture
def client():
    with addresses.open_client(timeout=onpe_office.TIMEOUT) as opened:
        yield opened


def desk_at(url: str, election, folder: Path, client, finest: str = "region") -> Desk:
    log: list[str] = []
    ask = addresses.Asking(client, log.append, finest, sleep=log.append)
    desk = Desk(folder, addresses.feed_at(url, election, ask))
    desk.swept = log
    return desk


@pytest.mark.parametrize("fault", [onpe_office.never, onpe_office.every_fifth], ids=["good days", "bad days"])
def test_real_snapshots_served_as_json_come_through_whole(tmp_path, departments, client, fault):
    counts = departments.counts.until("2021-06-07T13:45:00-05:00")
    with Office(counts, fault=fault, hold=True) as office:
        office.at = len(office.states) - 1
        desk = desk_at(office.url, departments.election, tmp_path, client)
        for _ in range(1 if fault is onpe_office.never else 4):  # on bad days a sweep may have to do without a place
            desk.look()
    seen, known = desk.watch.counts.latest, counts.latest
    pd.testing.assert_series_equal(seen.votes, known.votes)
    assert seen.counted == known.counted
    places = known.rows[known.rows["level"] == "region"].set_index("place")
    told = seen.rows[seen.rows["level"] == "region"].set_index("place")
    assert len(places) == 25
    assert (told["castillo"] == places["castillo"].reindex(told.index)).all()
    assert len(told) == 25


def test_every_national_bulletin_comes_through_a_bad_day(tmp_path, departments, client):
    frame = departments.counts.frame
    national = Counts(departments.election, frame[frame["level"] == "nation"].head(24).reset_index(drop=True))
    with Office(national, fault=onpe_office.every_fifth) as office:
        desk = desk_at(office.url, departments.election, tmp_path, client, "nation")
        desk.watch.run(bulletins=len(national))
    columns = ["time", "counted", "contested", "castillo", "fujimori", "blank", "null"]
    pd.testing.assert_frame_equal(desk.watch.counts.frame[columns], national.frame[columns])


def test_what_did_not_change_is_not_sent_again_nor_kept_again(tmp_path, departments, client):
    with Office(departments.counts, hold=True) as office:
        desk = desk_at(office.url, departments.election, tmp_path, client, "nation")
        for _ in range(3):
            assert desk.look()
    assert len(desk.keeper.files()) == 1
    assert len(office.calls) == 6
    assert len(desk.log) == 3


def always(fault: str) -> onpe_office.Fault:
    return lambda _: fault


def test_an_office_that_is_down_stops_the_sweep_but_not_the_watch(tmp_path, departments, client):
    with Office(departments.counts, fault=always("500"), hold=True) as office:
        desk = desk_at(office.url, departments.election, tmp_path, client)
        assert not desk.look()
        assert len(office.calls) == addresses.TRIES
        assert desk.log[0] == "refused: HTTP 500"
        assert desk.page.exists()
        office.fault = lambda number: None if number <= addresses.TRIES + 2 else "html"
        assert desk.look()
    assert len(desk.watch.counts.latest.rows) == 1
    left_out = [line for line in desk.swept if isinstance(line, str)]
    assert len(left_out) == addresses.MISSES_IN_A_ROW
    assert "a web page in the place of JSON" in left_out[0]


def test_nobody_at_the_address(tmp_path, contest, client):
    desk = desk_at("http://127.0.0.1:9/presentacion-backend", contest, tmp_path, client, "nation")
    assert not desk.look()
    assert "ConnectError" in desk.log[0]


@pytest.mark.slow
def test_a_thousand_bulletins_at_full_speed_with_one_call_in_five_failing(tmp_path, contest, client):
    counts = thousand(contest)
    with Office(counts, fault=onpe_office.every_fifth) as office:
        desk = desk_at(office.url, contest, tmp_path, client, "nation")
        with reading(desk.page) as halves:
            desk.watch.run(bulletins=len(counts))
    assert halves == []
    columns = ["time", "counted", "ana", "bea", "blank", "null"]
    for known in (desk.watch.counts, desk.keeper.read(contest)):
        pd.testing.assert_frame_equal(known.frame[columns], counts.frame[columns])
    assert len(desk.keeper.files()) == 1000
    assert sum("bulletins" in line for line in desk.log) == 1000
    assert "1000 bulletins" in desk.page.read_text(encoding="utf-8")


def thousand(contest) -> Counts:
    number = np.arange(1, 1001)
    frame = pd.DataFrame({"counted": number * 39 // 1000 + 0.0, "ana": 7 * number, "bea": 6 * number})
    frame = (
        frame[frame["counted"] > 0] if frame["counted"].min() > 0 else frame.assign(counted=frame["counted"].clip(1))
    )
    moments = [pd.Timestamp(hour(18)) + timedelta(seconds=int(second)) for second in number]
    return Counts.from_frame(contest, frame.assign(time=moments, level="nation", place="", blank=number, null=number))


class reading:  # noqa: N801 (reads as a word in `with reading(page)`)
    """Reads a page over and over, and collects what is not whole."""

    def __init__(self, page: Path):
        self.page, self.halves, self.over = page, [], threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        while not self.over.wait(0.002):
            if self.page.exists() and not is_whole(html := self.page.read_text(encoding="utf-8")):
                self.halves.append(html)

    def __enter__(self) -> list[str]:
        self.thread.start()
        return self.halves

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()


WATCHING = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import made_up, onpe_office, test_watch
from runoff_forecast.sources import addresses
client = addresses.open_client(timeout=onpe_office.TIMEOUT)
desk = test_watch.desk_at({url!r}, made_up.election(), Path({folder!r}), client, "nation")
desk.watch.say = lambda line: print(line, flush=True)
desk.watch.run()
"""


@pytest.mark.slow
def test_the_watch_survives_being_killed_at_any_moment(tmp_path, contest):
    counts, told = thousand(contest), 0
    with Office(counts, fault=onpe_office.every_fifth) as office, reading(tmp_path / "page.html") as halves:
        for number in range(3):
            program = WATCHING.format(tests=str(Path(__file__).parent), url=office.url, folder=str(tmp_path))
            told += sum(line.startswith("6 June") for line in killed(program, 0.3 + 0.137 * number))
            kept = Keeper(tmp_path / "kept").read(contest)
            assert len(kept) >= max(told, office.at)
            assert is_whole((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert halves == []
    assert told > 0
    assert kept.frame["ana"].tolist() == counts.frame["ana"].tolist()[: len(kept)]


# A counts file at an address.


def test_a_counts_file_at_an_address_is_followed(tmp_path, folder, contest, client):
    path, lines = folder
    (path / "counts.csv").write_text("".join(lines[:2]), encoding="utf-8")
    with served(path) as url:
        desk = desk_at(url + "/counts.csv", contest, tmp_path, client)
        assert desk.look()
        assert desk.look()
        publish(path, "".join(lines)[:-3], second=1)
        assert not desk.look()
        assert any("breaks off" in line for line in desk.log)
        publish(path, "<!doctype html>\n", second=2)
        assert not desk.look()
        publish(path, "".join(lines), second=3)
        assert desk.look()
        (path / "counts.csv").unlink()
        assert not desk.look()
        assert any("HTTP 404" in line for line in desk.log)
    pd.testing.assert_frame_equal(desk.watch.counts.frame, made_up.counts(contest).frame)


def publish(folder: Path, text: str, *, second: int) -> None:
    """Another counts file, dated so many seconds later: the protocol knows no finer time."""
    (folder / "counts.csv").write_text(text, encoding="utf-8")
    os.utime(folder / "counts.csv", (time.time() + second, time.time() + second))


class served:  # noqa: N801 (reads as a word in `with served(folder)`)
    """A folder behind an address, with `Last-Modified` as plain web servers have it."""

    def __init__(self, folder: Path):
        from functools import partial
        from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

        class Quiet(SimpleHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Keeps quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


# The command.


def command(*arguments: str | Path):
    return CliRunner().invoke(cli.app, ["watch", *map(str, arguments)])


def test_the_command_makes_a_page_of_a_folder(tmp_path, contest):
    path, page = made_up.folder(tmp_path / "night", contest), tmp_path / "page.html"
    result = command(path, "--html", page, "--once", "--draws", 100)
    assert result.exit_code == 0, result.output
    assert "A made-up runoff" in page.read_text(encoding="utf-8")
    assert "of 100 chances to win" in result.stderr
    assert not result.stdout
    assert rf.read_counts(next((tmp_path / "page-snapshots").glob("*.csv")), contest).frame.shape[0] == 3


def test_the_command_takes_a_language_and_priors(tmp_path, contest):
    path, page, priors = made_up.folder(tmp_path / "night", contest), tmp_path / "page.html", tmp_path / "priors.toml"
    priors.write_text("wishful_thinking = 1.0\n", encoding="utf-8")
    arguments = [path, "--html", page, "--once", "--draws", 100, "--lang", "es"]
    assert command(*arguments, "--priors", priors).exit_code == 2  # before the watch begins
    assert not page.exists()
    priors.write_text("drift_nation = 0.5\n", encoding="utf-8")
    told = []
    for more in ([], ["--priors", priors]):
        result = command(*arguments, "--keep", tmp_path / f"kept-{len(more)}", *more)
        assert result.exit_code == 0, result.output
        told.append(page.read_text(encoding="utf-8"))
    assert 'lang="es"' in told[0]
    assert told[0] != told[1]


def test_the_command_follows_the_office(tmp_path, departments):
    counts = departments.counts.until("2021-06-07T01:00:00-05:00")
    with Office(counts, hold=True) as office:
        arguments = ["--election", "peru-2021-runoff", "--depth", "nation", "--once", "--draws", 50]
        result = command(office.url, "--html", tmp_path / "page.html", *arguments)
    assert result.exit_code == 0, result.output
    assert "Keiko Fujimori +4.95" in result.stderr
    assert "Keiko Fujimori" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_an_address_needs_an_election_and_a_folder_must_exist(tmp_path):
    assert command("http://127.0.0.1:9/counts.csv", "--html", tmp_path / "page.html").exit_code == 2
    assert command(tmp_path / "nowhere", "--html", tmp_path / "page.html").exit_code == 1


def test_a_night_under_way_is_caught_up_with(contest):
    moments = []

    def forecast(counts: Counts):
        moments.append(counts.latest.time)
        return rf.forecast(counts, draws=50, seed=1)

    watching.LivePage(forecast)(Night(contest, thousand(contest).until("2021-06-06T18:00:20-05:00")))
    assert len(moments) == watching.CATCH_UP + 1
    assert moments[0] == max(moments)
