"""A run over files: reads pieces, has them judged, keeps what is done, puts the output in place."""

from __future__ import annotations

import os
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hazardrules
from hazardrules.batch import columns_in, disk, lines_in
from hazardrules.batch.answers import Answers
from hazardrules.batch.columns_in import CsvSource, ParquetSource
from hazardrules.batch.files import WRITTEN, Form, Input, inputs_of, output_of, refuse, stamp, unusable
from hazardrules.batch.lines_in import LinesSource
from hazardrules.batch.pieces import Mark, is_complete
from hazardrules.batch.summary import BatchSummary, Counts, Progress
from hazardrules.batch.work import ANSWERS, REJECTS, Work
from hazardrules.batch.writers import join_answers, join_rejects, kind_of_piece, write_answers, write_rejects
from hazardrules.columnar.table import TableClassifier
from hazardrules.errors import FactsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hazardrules.batch.pieces import Piece, Source
    from hazardrules.columnar.table import Law, Options
    from hazardrules.intake.problems import Problem

_PARTIAL, _REJECTS = ".partial", ".rejects.jsonl"
_PART = "part-{:05d}.{}"


@dataclass(frozen=True)
class Job:
    """What is asked of a run: see `classify_files`."""

    source: str | Path
    target: str | Path
    options: Options
    digest: str
    rejects: str | Path | None
    to: str
    form: Form
    overwrite: bool
    restart: bool


def run(job: Job, law: Law, threads: int | None, progress: Callable[[Progress], None] | None) -> BatchSummary:
    """Do a job: see `classify_files`."""
    return _Run(job, law, threads or os.cpu_count() or 1, progress).run()


class _Run:
    def __init__(self, job: Job, law: Law, threads: int, progress: Callable[[Progress], None] | None) -> None:
        self.job, self.law, self.threads, self.progress = job, law, threads, progress
        self.start = time.perf_counter()
        self.output = output_of(job.target, job.to)
        self.rejects = self.output.beside(_REJECTS) if job.rejects is None else Path(job.rejects)
        self.rejects_kind = WRITTEN.get(self.rejects.suffix.lower(), "")
        if not self.rejects_kind:
            raise refuse(self.rejects, "batch.unknown_output", suffixes=", ".join(WRITTEN))
        self.partial = self.output.beside(_PARTIAL)
        self.files, several = inputs_of(job.source, (self.output.path, self.partial, self.rejects))
        self.sources = self._sources()
        self.answers = Answers.of(law, job.options, self.sources, several=several)
        self.classifier = TableClassifier(law, job.options)
        self.counts = Counts()
        self.taken_up = self.done_bytes = 0
        self.all_bytes = 0

    def _sources(self) -> list[Source]:
        """The files, opened; what is wrong with the columns of any of them is said of all at once."""
        found: list[Source] = []
        problems: list[Problem] = []
        for file in self.files:
            try:
                found.append(_source(file, self.law, self.job))
            except FactsError as error:
                problems += error.problems
        if problems:
            raise FactsError(problems)
        return found

    def _identity(self) -> dict[str, Any]:
        options = self.job.options
        return {
            "files": [stamp(file) for file in self.files],
            "rulebook": self.job.digest,
            "options": {
                "subject": options.kind,
                "as_of": str(options.day),
                "jurisdiction": options.place,
                "packs": None if options.packs is None else sorted(options.packs),
                "keep": list(options.keep),
                "lang": options.lang,
            },
            "form": {
                "answers": [self.output.kind, self.output.is_folder, self.answers.several],
                "csv": [self.job.form.encoding, self.job.form.delimiter],
                "pieces": [columns_in.ROWS, lines_in.ROWS],
                "version": hazardrules.__version__,
            },
        }

    def run(self) -> BatchSummary:
        with _writing(self.output.path):
            identity = self._identity()
            with Work(self.partial, self.output.path) as work:
                finished = None if self.job.restart else work.finished(identity)
                if finished is not None and self.output.path.exists():
                    self.counts.add(finished)
                    self.taken_up = self.counts.rows
                    work.clear_up()
                    return self._summary(())
                changed = work.changes(identity)
                goes_on = changed == () and not self.job.restart
                self._check_target(may_exist=goes_on and work.is_finishing)
                if goes_on:
                    for counts in work.take_up():
                        self.counts.add(counts)
                    self.taken_up = self.counts.rows
                else:
                    work.start(identity)
                self._judge(work, identity)
                self._finish(work, identity)
        return self._summary(() if changed is None or self.job.restart else changed)

    def _check_target(self, *, may_exist: bool) -> None:
        """Nothing that is there is replaced unless that was asked for."""
        target = self.output.path
        if target.is_dir():
            entries = list(target.iterdir())
            foreign = next((entry.name for entry in entries if not _is_part(entry.name)), None)
            if foreign is not None:
                raise refuse(target, "batch.foreign", name=foreign)
            if entries and not (may_exist or self.job.overwrite):
                raise refuse(target, "batch.exists")
        elif target.exists() and not (may_exist or self.job.overwrite):
            raise refuse(target, "batch.exists")
        if self.rejects.exists() and not (may_exist or self.job.overwrite):
            raise refuse(self.rejects, "batch.exists")
        if self.rejects.resolve() == target.resolve():
            raise refuse(target, "batch.twice")

    # pieces

    def _judge(self, work: Work, identity: dict[str, Any]) -> None:
        """Have every piece judged that is not done; pieces are kept in whatever order they are done."""
        self.all_bytes = sum(entry["size"] for entry in identity["files"])
        self.done_bytes = sum(mark.size for marks in work.done.values() for mark in marks.values())
        self._tell()
        waiting: set[Future[tuple[int, dict[str, Any]]]] = set()
        with ThreadPoolExecutor(self.threads) as pool, ExitStack() as stack:
            stack.callback(lambda: [future.cancel() for future in waiting])
            for number, source in enumerate(self.sources):
                done = work.done.get(number, {})
                for piece in source.pieces(done) if not is_complete(done) else ():
                    waiting.add(pool.submit(self._piece, work, number, piece))
                    del piece
                    if len(waiting) > self.threads:
                        ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                        self._take(ready)
            self._take(wait(waiting).done)

    def _piece(self, work: Work, file: int, piece: Piece) -> tuple[int, dict[str, Any]]:
        found = self.answers.judge(self.classifier, piece, self.files[file].name)
        kind = kind_of_piece(self.output.kind, is_folder=self.output.is_folder)

        def fill(folder: Path) -> None:
            write_answers(found.table, folder / f"{ANSWERS}.{kind}", kind, self.answers)
            if found.rejects:
                write_rejects(found.rejects, folder / REJECTS)

        mark = Mark(piece.count, piece.end, piece.size, piece.is_last)
        work.commit(file, piece.number, mark, found.counts, fill)
        return piece.size, found.counts

    def _take(self, ready: set[Future[tuple[int, dict[str, Any]]]]) -> None:
        for future in ready:
            size, counts = future.result()
            self.done_bytes += size
            self.counts.add(counts)
        if ready:
            self._tell()

    def _tell(self) -> None:
        if self.progress is not None:
            share = self.done_bytes / self.all_bytes if self.all_bytes else 1.0
            self.progress(Progress(self.counts.rows, self.counts.rejected, self.taken_up, min(share, 1.0)))

    # the end

    def _finish(self, work: Work, identity: dict[str, Any]) -> None:
        if self._identity() != identity:
            raise refuse(self.output.path, "batch.changed")
        whole = work.finishing()
        if self.job.rejects is not None or self.counts.rejected:
            kind = self.rejects_kind
            disk.write(self.rejects, lambda path: join_rejects(work.paths(REJECTS), path, kind, self.answers))
        else:
            disk.remove(self.rejects)  # those of an earlier run
        kind = kind_of_piece(self.output.kind, is_folder=self.output.is_folder)
        pieces = work.paths(f"{ANSWERS}.{kind}")
        if self.output.is_folder:
            whole.mkdir()
            for number, path in enumerate(pieces):
                disk.link(path, whole / _PART.format(number, kind))
            disk.sync(whole)
            if self.output.path.exists():
                disk.remove(work.old)
                disk.replace(self.output.path, work.old)
        else:
            join_answers(pieces, whole, self.output.kind, self.answers.schema)
            disk.sync(whole)
        disk.replace(whole, self.output.path)
        work.end(identity, asdict(self.counts))

    def _summary(self, restarted: tuple[str, ...]) -> BatchSummary:
        counts = self.counts
        if counts.rows != counts.classified + counts.rejected:
            raise AssertionError(f"{counts.rows} rows given, {counts.classified} + {counts.rejected} answered")
        findings = dict(sorted(counts.findings.items(), key=lambda item: (-item[1], item[0])))
        return BatchSummary(
            counts.rows, counts.classified, counts.rejected, counts.levels, findings, len(self.files),
            time.perf_counter() - self.start, self.taken_up, restarted, self.output.path,
            self.rejects if self.job.rejects is not None or counts.rejected else None,
        )  # fmt: skip


def _source(file: Input, law: Law, job: Job) -> Source:
    if file.kind == "parquet":
        return ParquetSource(file, law, job.options)
    if file.kind == "csv":
        return CsvSource(file, law, job.options, job.form)
    return LinesSource(file, law, job.options)


def _is_part(name: str) -> bool:
    stem, _, suffix = name.partition(".")
    return stem.startswith("part-") and stem.removeprefix("part-").isdigit() and suffix in WRITTEN.values()


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    """What goes wrong with the disk is said of the output; work that is done stays."""
    try:
        yield
    except OSError as error:
        raise unusable(error, error.filename or target) from error
