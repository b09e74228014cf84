package dev.interlock.evidence;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Collects, while a log is verified, what a report about it says. */
final class ReportPass implements ReceiptReader {

    /** The maximum number of entries of one list. More are counted. Calls are not in such a list: all are there. */
    static final int MOST_LISTED = 20_000;

    private static final Comparator<Json.Members> BY_TIME =
            Comparator.comparing(entry -> Instant.parse(entry.text("at")));

    /** What an auditor looks for beside the calls, and the acts of administration that show it. */
    enum ReportSubject implements Keyword {
        CALLS,
        REFUSALS,
        IRREVERSIBLE,
        QUESTIONS,
        ELEVATIONS("elevation."),
        KILLS("kill", "kill.lift", "decoy.kill", "lease.revoke", "remote.end", "freeze.lift"),
        BACKUPS("backup.attest"),
        DRILLS("backup.rehearsal", "drill."),
        SEALS("seal.adopt"),
        LEASES("lease.issue", "lease.derive", "run.open", "remote.add"),
        KEYS("passkey."),
        TEXTS(SealedTexts.ACT);

        private final String commands;

        ReportSubject(String... commands) {
            this.commands = String.join(" ", commands);
        }

        private boolean has(String command) {
            return Stream.of(commands.split(" "))
                    .anyMatch(own -> own.endsWith(".") ? command.startsWith(own) : command.equals(own));
        }

        /** Returns whether it is of the whole gateway, and listed whoever the report is about. */
        private boolean isOfAll() {
            return this == KILLS || this == BACKUPS || this == DRILLS || this == SEALS || this == KEYS || this == TEXTS;
        }
    }

    /** A list of which the first are kept, and all are counted. */
    private static final class CountedList {
        private final List<Json.Members> listed = new ArrayList<>();
        private long count;

        private void add(int most, Supplier<Json.Members> entry) {
            count++;
            if (listed.size() < most) {
                listed.add(entry.get());
            }
        }

        private void add(CountedList other) {
            count += other.count;
            listed.addAll(other.listed);
            listed.sort(BY_TIME);
            listed.subList(Math.min(MOST_LISTED, listed.size()), listed.size()).clear();
        }
    }

    private static final List<String> TOLD = List.of(
            ("command act subject of from agent person peer entrance result reason signer hold lease kill scope name until seal"
                            + " sequence freeze rehearsal plan machine passkey basis environments impacts resources minutes expires signers"
                            + " leases")
                    .split(" ", -1));

    private final CallFilter filter;
    private final CallSpool spool;
    private final Map<ReportSubject, CountedList> lists = new EnumMap<>(ReportSubject.class);
    private final Map<CallVerdict, Long> verdicts = new EnumMap<>(CallVerdict.class);
    private final ReportQuestions questions;
    private final boolean isOneOfSeveral;
    private final List<Supplier<WrittenCall>> unwritten = new ArrayList<>();
    /** The seal that was in force when the time of the report began. */
    private Optional<Json.Members> sealBefore = Optional.empty();

    private Optional<Instant> first = Optional.empty();
    private Optional<Instant> last = Optional.empty();

    /** @param questions shared by all passes of a report, because people answer at any gateway */
    ReportPass(CallFilter filter, CallSpool spool, ReportQuestions questions, boolean isOneOfSeveral) {
        this.filter = filter;
        this.spool = spool;
        this.questions = questions;
        this.isOneOfSeveral = isOneOfSeveral;
    }

    @Override
    public void begin() {
        spool.clear();
        unwritten.clear();
        lists.clear();
        verdicts.clear();
        sealBefore = Optional.empty();
        first = Optional.empty();
        last = Optional.empty();
    }

    @Override
    public void receipt(long leaf, Receipt receipt, Optional<ConfirmedIntents.IntentVerdict> verdict) {
        first = first.or(() -> Optional.of(receipt.at()));
        last = Optional.of(receipt.at());
        questions.accept(receipt, asked -> filter.isWithin(asked.at()) && filter.isOfAgent(asked));
        if (verdict.isPresent() && verdict.get() instanceof ConfirmedIntents.IntentVerdict.SignedIntent signed) {
            receipt.hold().ifPresent(hold -> questions.check(hold, signed.by()));
        }
        if (receipt.kind() == Receipt.Kind.ADMIN) {
            act(leaf, receipt);
        } else if (CallVerdict.of(receipt).isPresent() && filter.matches(receipt)) {
            call(leaf, receipt, verdict);
        }
    }

    private record WrittenCall(long leaf, Receipt call, Json.Members row, String text) {}

    private void call(long leaf, Receipt call, Optional<ConfirmedIntents.IntentVerdict> verdict) {
        spool.expect(leaf);
        List<Json.Members> approvers = List.copyOf(approvers(call, verdict));
        unwritten.add(() -> {
            Json.Members row = named(CallRow.of(leaf, call, approvers, problem(verdict)), call);
            return new WrittenCall(leaf, call, row, CallSpool.text(row, SealedTexts.number(call)));
        });
        if (unwritten.size() == CallSpool.MOST_AT_ONCE) {
            write();
        }
    }

    /** Writes rows on all processors. */
    private void write() {
        unwritten.parallelStream().map(Supplier::get).toList().forEach(this::count);
        unwritten.clear();
    }

    private void count(WrittenCall written) {
        Json.Members row = written.row();
        spool.row(written.text());
        verdicts.merge(CallVerdict.of(written.call()).orElseThrow(), 1L, Long::sum);
        Supplier<Json.Members> entry =
                () -> entry(written.leaf(), written.call()).with("verdict", row.text("verdict"));
        list(ReportSubject.CALLS).add(Usability.MOST_NAMED, entry);
        if (written.call().kind() == Receipt.Kind.REFUSED) {
            list(ReportSubject.REFUSALS).add(Usability.MOST_NAMED, entry);
        }
        if (row.flag("irreversible")) {
            list(ReportSubject.IRREVERSIBLE)
                    .add(MOST_LISTED, () -> entry.get().withTexts("operations", row.texts("operations")));
        }
    }

    private Json.Members named(Json.Members entry, Receipt receipt) {
        return isOneOfSeveral ? entry.with(CallRow.LOG, receipt.origin()) : entry;
    }

    private CountedList list(ReportSubject subject) {
        return lists.computeIfAbsent(subject, added -> new CountedList());
    }

    private List<Json.Members> approvers(Receipt call, Optional<ConfirmedIntents.IntentVerdict> verdict) {
        if (verdict.isPresent() && verdict.get() instanceof ConfirmedIntents.IntentVerdict.SignedIntent signed) {
            return signed.by().signers().stream()
                    .map(signer -> signer.json().with("checked", true))
                    .toList();
        }
        return call.kind() == Receipt.Kind.INTENT
                ? call.hold()
                        .or(() -> call.members()
                                .textIfAny("grant")
                                .filter(grant -> grant.startsWith("G-"))
                                .map(grant -> "H-" + grant.substring(2)))
                        .map(questions::signers)
                        .orElse(List.of())
                : List.of();
    }

    private static Optional<String> problem(Optional<ConfirmedIntents.IntentVerdict> verdict) {
        return verdict.isPresent() && verdict.get() instanceof ConfirmedIntents.IntentVerdict.UnmetIntent unmet
                ? Optional.of(unmet.problem())
                : Optional.empty();
    }

    private void act(long leaf, Receipt act) {
        String command = act.members().textIfAny("command").orElse("");
        long erased = spool.erased(act);
        for (ReportSubject subject : ReportSubject.values()) {
            if (!subject.has(command)
                    || (subject == ReportSubject.SEALS
                            && act.members().get("sequence").isEmpty())) {
                continue;
            }
            if (subject == ReportSubject.SEALS
                    && filter.since().filter(act.at()::isBefore).isPresent()) {
                sealBefore = Optional.of(entry(leaf, act));
            } else if (filter.isWithin(act.at()) && (subject.isOfAll() || filter.isOfAgent(act))) {
                list(subject)
                        .add(
                                MOST_LISTED,
                                () -> erased == 0
                                        ? entry(leaf, act)
                                        : entry(leaf, act).with("texts_erased", erased));
            }
        }
    }

    private Json.Members entry(long leaf, Receipt receipt) {
        Json.Members entry = named(Json.object(), receipt)
                .with("leaf", leaf)
                .with("receipt", receipt.id())
                .with("at", receipt.at().toString());
        for (String name : TOLD) {
            Optional<Json> value = receipt.members().get(name).filter(ReportPass::isShort);
            entry = value.isPresent() ? entry.with(name, value.get()) : entry;
        }
        return entry.withOptional(
                "summary", within(within(receipt.members(), "report"), "policy").textIfAny("summary"));
    }

    /** No verifier judges this member of a drill, so it can be anything. */
    private static Json.Members within(Json.Members act, String name) {
        return act.get(name).orElse(new Json.Nothing()) instanceof Json.Members inner ? inner : Json.object();
    }

    private static boolean isShort(Json value) {
        return value instanceof Json.Array array
                ? !array.items().isEmpty() && array.items().stream().allMatch(Json.Text.class::isInstance)
                : value instanceof Json.Text || value instanceof Json.Whole;
    }

    @Override
    public void outcome(long intent, Receipt outcome) {
        spool.outcome(intent, CallRow.outcome(outcome));
    }

    /** Returns what the head of a report says of each log by itself. */
    static List<Json.Members> logs(Json.Members head) {
        return head.get("logs").isPresent() ? head.objects("logs") : List.of(head);
    }

    /** Returns everything but the calls themselves; {@code isEndKnown} if something else says their end. */
    static Json.Members head(List<ReportPass> passes, List<LogReport> reports, boolean isEndKnown) {
        List<Json.Members> logs = new ArrayList<>();
        passes.forEach(ReportPass::write);
        for (int i = 0; i < passes.size(); i++) {
            LogReport report = reports.get(i);
            logs.add(Json.object()
                    .with("log", passes.get(i).log(report))
                    .with("verdicts", ReportVerdicts.json(report))
                    .with("gaps", ReportVerdicts.gaps(report)));
        }
        ReportPass together = passes.get(0);
        passes.stream().skip(1).forEach(together::add);
        Json.Members head = logs.size() == 1 ? logs.get(0) : Json.object().withItems("logs", logs.stream());
        return together.head(
                head.withTexts(
                        "cannot_be_known",
                        reports.stream()
                                .flatMap(report -> ReportVerdicts.unknown(report, isEndKnown).stream())
                                .distinct()),
                reports.stream().flatMap(report -> report.openIntents().stream()));
    }

    private void add(ReportPass other) {
        other.lists.forEach((subject, list) -> list(subject).add(list));
        other.verdicts.forEach((verdict, count) -> verdicts.merge(verdict, count, Long::sum));
        last = Stream.concat(last.stream(), other.last.stream()).max(Comparator.naturalOrder());
        sealBefore =
                Stream.concat(sealBefore.stream(), other.sealBefore.stream()).max(BY_TIME);
    }

    private Json.Members head(Json.Members logs, Stream<String> open) {
        Json.Members counts = Json.object().with("calls", list(ReportSubject.CALLS).count);
        for (CallVerdict verdict : CallVerdict.values()) {
            counts = counts.with(verdict.word(), verdicts.getOrDefault(verdict, 0L));
        }
        Json.Members head = logs.with("type", "interlock-report@v1")
                .with("asked", filter.json())
                .with("counts", counts)
                .with("questions", questions.json(last))
                .withTexts("calls_without_outcome", open.limit(MOST_LISTED));
        for (ReportSubject subject : ReportSubject.values()) {
            if (subject != ReportSubject.CALLS
                    && subject != ReportSubject.REFUSALS
                    && subject != ReportSubject.QUESTIONS) {
                CountedList list = list(subject);
                head = head.with(
                        subject.word(),
                        Json.object().with("count", list.count).withItems("listed", list.listed.stream()));
            }
        }
        head = sealBefore.isPresent() ? head.with("seal_before", sealBefore.get()) : head;
        return head.withItems("usable_for", Usability.rows(this::receipts));
    }

    private List<String> receipts(ReportSubject subject) {
        return subject == ReportSubject.QUESTIONS
                ? questions.receipts()
                : list(subject).listed.stream()
                        .map(entry -> entry.text("receipt"))
                        .toList();
    }

    private Json.Members log(LogReport report) {
        return Json.object()
                .with("origin", report.checkpoint().origin())
                .with("receipts", report.checkpoint().size())
                .with("root", report.checkpoint().root().toString())
                .with("not_covered", report.unpublished())
                .withOptional("first_at", first.map(Instant::toString))
                .withOptional("last_at", last.map(Instant::toString));
    }
}
