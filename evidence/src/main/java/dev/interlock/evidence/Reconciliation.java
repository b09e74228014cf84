package dev.interlock.evidence;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Holds the calls of logs against what a provider says that happened. What happened and has no receipt is an alarm.
 * What was done by a receipt, and did not happen, is a finding.
 */
final class Reconciliation {

    /** How long a call without an outcome may have lasted. */
    private static final Duration OPEN = Duration.ofMinutes(15);

    private static final String SEALED = "sealed (give --texts), or erased";

    private static final List<String> SHOWN =
            List.of("at", "receipt", "agent", "operations", "kind", "target", "actors", "place", "problem");

    /** What is compared: times, calls to {@code upstream}, and events by {@code actors}; none is all. */
    record Scope(
            String provider, CallFilter times, Duration tolerance, Optional<String> upstream, Set<String> actors) {}

    private static final class RecordedCall {
        private final Receipt receipt;
        private final List<String> operations;
        private final List<ProviderLog.ExpectedEvent> expected;
        private final Map<Integer, Set<String>> explained = new HashMap<>(); // by expectation, the kinds
        private Optional<Receipt> outcome = Optional.empty();
        private boolean hasHappened;

        RecordedCall(Receipt receipt, List<Json.Members> actions, List<ProviderLog.ExpectedEvent> expected) {
            this.receipt = receipt;
            this.operations = actions.stream()
                    .map(action -> action.text("operation"))
                    .distinct()
                    .toList();
            this.expected = expected;
        }

        /** Returns when it was over; what another gateway says of its end came later. */
        Instant end() {
            Instant latest = receipt.at().plus(OPEN);
            Instant told = outcome.map(Receipt::at).orElse(latest);
            boolean isOwn =
                    outcome.filter(own -> own.kind() == Receipt.Kind.OUTCOME).isPresent();
            return isOwn || told.isBefore(latest) ? told : latest;
        }

        Receipt.Result result() {
            return outcome.map(ended -> Receipt.Result.of(CallRow.outcome(ended).text("result")))
                    .orElse(Receipt.Result.UNKNOWN);
        }

        boolean wasSent() {
            return receipt.kind() == Receipt.Kind.INTENT && result() != Receipt.Result.REFUSED;
        }

        OptionalInt explaining(ProviderLog.ProviderEvent event) {
            return IntStream.range(0, expected.size())
                    .filter(i -> expected.get(i).fits(event)
                            && !(expected.get(i).isOne() ? !kinds(i).isEmpty() : kinds(i).contains(event.kind())))
                    .findFirst();
        }

        private Set<String> kinds(int expectation) {
            return explained.computeIfAbsent(expectation, each -> new HashSet<>());
        }

        boolean isSealed() {
            return wasSent() && SealedTexts.number(receipt).isPresent();
        }

        boolean isMissing(int i) {
            return expected.get(i).isCertain()
                    && expected.get(i).keys().stream().noneMatch(kinds(i)::contains);
        }

        Json.Members finding(String problem) {
            return Json.object()
                    .with("receipt", receipt.id())
                    .with("at", receipt.at().toString())
                    .withOptional("agent", receipt.agent())
                    .withTexts("operations", operations)
                    .with("problem", problem);
        }
    }

    private final ProviderLog provider;
    private final Scope scope;
    private final List<CallsOfLog> logs = new ArrayList<>();
    private final NavigableMap<Instant, List<RecordedCall>> byTime = new TreeMap<>();
    private Duration longest = Duration.ZERO;
    private final List<ProviderLog.ProviderEvent> events = new ArrayList<>();
    private final Map<String, Json> skipped = new TreeMap<>();
    private Instant first = Instant.MAX;
    private Instant last = Instant.MIN;
    private long matched;
    private long sent;
    private final List<Json.Members> alarms = new ArrayList<>();
    private final List<Json.Members> findings = new ArrayList<>();

    /** Reads the whole of {@code provider}. */
    Reconciliation(ProviderLog provider, Scope scope) throws IOException {
        this.provider = provider;
        this.scope = scope;
        provider.read(this);
    }

    /** Takes the time of a line, whatever that says: a log reaches from its first to its last. */
    void covers(Instant at) {
        first = at.isBefore(first) ? at : first;
        last = at.isAfter(last) ? at : last;
    }

    void event(ProviderLog.ProviderEvent event) {
        if (!scope.times().isWithin(event.at())) {
            skip("events of another time");
        } else if (!scope.actors().isEmpty() && event.actors().stream().noneMatch(scope.actors()::contains)) {
            skip("events of other actors");
        } else {
            events.add(event);
        }
    }

    /** Counts something that is not compared; {@code what} is in the plural. */
    void skip(String what) {
        skipped.merge(what, new Json.Whole(1), (one, more) -> new Json.Whole(((Json.Whole) one).value() + 1));
    }

    /** Returns what reads a further log, whose calls are compared too. */
    ReceiptReader log() {
        CallsOfLog log = new CallsOfLog();
        logs.add(log);
        return log;
    }

    private final class CallsOfLog implements ReceiptReader {
        private final Map<Long, RecordedCall> calls = new TreeMap<>();

        @Override
        public void begin() {
            calls.clear();
        }

        @Override
        public void receipt(long leaf, Receipt receipt, Optional<ConfirmedIntents.IntentVerdict> verdict) {
            boolean isOfUpstream = scope.upstream().isEmpty()
                    || receipt.members().textIfAny("upstream").equals(scope.upstream());
            if (!isOfUpstream || CallVerdict.of(receipt).isEmpty()) {
                return;
            }
            try {
                List<Json.Members> actions = IntentMeaning.members(receipt).objects("actions").stream()
                        .filter(action -> action.text("operation").startsWith(provider.prefix()))
                        .toList();
                if (!actions.isEmpty()) {
                    boolean isReadable = SealedTexts.number(receipt).isEmpty(); // else nobody knows what it reached
                    calls.put(
                            leaf,
                            new RecordedCall(receipt, actions, isReadable ? provider.expected(actions) : List.of()));
                }
            } catch (MalformedException e) {
                calls.remove(leaf); // what cannot be read explains nothing
            }
        }

        @Override
        public void outcome(long intent, Receipt outcome) {
            Optional.ofNullable(calls.get(intent)).ifPresent(call -> call.outcome = Optional.of(outcome));
        }
    }

    /** Compares all, once, after the logs have been verified. */
    void compare() {
        List<RecordedCall> calls =
                logs.stream().flatMap(log -> log.calls.values().stream()).toList();
        for (RecordedCall call : calls) {
            byTime.computeIfAbsent(call.receipt.at(), at -> new ArrayList<>()).add(call);
            Duration lasted = Duration.between(call.receipt.at(), call.end());
            longest = lasted.compareTo(longest) > 0 ? lasted : longest;
        }
        // Events that say more come first: they have the fewest calls to choose from.
        events.sort(Comparator.comparing(ProviderLog.ProviderEvent::effect)
                .thenComparing(event -> event.targets().isEmpty())
                .thenComparing(ProviderLog.ProviderEvent::at));
        events.forEach(this::compare);
        byTime.values().forEach(each -> each.forEach(this::judge));
    }

    private void compare(ProviderLog.ProviderEvent event) {
        Optional<RecordedCall> sent = find(event, true);
        Optional<RecordedCall> unsent = sent.isPresent() ? Optional.empty() : find(event, false);
        boolean hasHappened = event.effect() == ProviderLog.Effect.HAPPENED;
        Optional<RecordedCall> call =
                hasHappened ? sent : sent.or(() -> unsent); // what is asked about may have been tried
        if (call.isPresent()) {
            call.get().kinds(call.get().explaining(event).getAsInt()).add(event.kind());
            call.get().hasHappened |= hasHappened;
            matched++;
        } else if (event.effect() == ProviderLog.Effect.UNDONE) {
            skip("events without a receipt that failed or were rolled back");
        } else {
            alarms.add(Json.object()
                    .with("place", event.place())
                    .with("at", event.at().toString())
                    .withTexts("actors", event.actors())
                    .with("kind", event.kind())
                    .with("target", String.join(", ", event.targets()))
                    .withOptional("receipt", unsent.map(known -> known.receipt.id()))
                    .with(
                            "problem",
                            unsent.isPresent()
                                    ? "the receipt says that nothing was sent"
                                    : near(event).anyMatch(RecordedCall::isSealed)
                                            ? "no receipt that can be read: it may be a call whose texts are " + SEALED
                                            : "it has no receipt"));
        }
    }

    /** Returns, of the calls that it may be of, that whose time ends first: the others can explain later events. */
    private Optional<RecordedCall> find(ProviderLog.ProviderEvent event, boolean wasSent) {
        return near(event)
                .filter(call -> call.wasSent() == wasSent)
                .filter(call -> call.explaining(event).isPresent())
                .min(Comparator.comparing(RecordedCall::end));
    }

    private Stream<RecordedCall> near(ProviderLog.ProviderEvent event) {
        Instant latest = event.at().plus(scope.tolerance());
        Instant earliest = event.at().minus(scope.tolerance());
        return byTime.subMap(earliest.minus(longest), true, latest, true).values().stream()
                .flatMap(List::stream)
                .filter(call -> !call.end().isBefore(earliest));
    }

    private void judge(RecordedCall call) {
        if (!call.wasSent()) {
            return;
        }
        sent++;
        if (call.receipt.at().isBefore(from()) || call.end().isAfter(to())) {
            skip("calls before or after the provider's log");
            return;
        }
        if (call.isSealed()) {
            skip("calls whose texts are " + SEALED);
            return;
        }
        if (call.expected.stream().noneMatch(ProviderLog.ExpectedEvent::isCertain)) {
            skip("calls of which the provider logs nothing for certain");
        } else {
            boolean isMissing = IntStream.range(0, call.expected.size()).anyMatch(call::isMissing);
            switch (call.result()) {
                case DONE -> {
                    if (isMissing) {
                        findings.add(call.finding("its outcome is `done`, and the provider's log has no such event"));
                    }
                }
                case FAILED -> {
                    if (call.hasHappened) {
                        findings.add(call.finding("its outcome is `failed`, and it happened"));
                    }
                }
                case UNKNOWN, REFUSED ->
                    skip("calls with an unknown outcome which " + (call.hasHappened ? "happened" : "did not"));
            }
        }
    }

    private Instant from() {
        return scope.times().since().orElse(first);
    }

    private Instant to() {
        return scope.times().until().orElse(last);
    }

    /** Returns the time that is compared; empty if nobody says what an empty list covers. */
    private Optional<String> compared() {
        return from().isAfter(to()) ? Optional.empty() : Optional.of(from() + " to " + to());
    }

    int code() {
        int compared = compared().isEmpty() ? Main.UNUSABLE : Main.HOLDS;
        return alarms.isEmpty() && findings.isEmpty() ? compared : Main.FAILS;
    }

    Json.Members json() {
        return Json.object()
                .with("type", "interlock-reconciliation@v1")
                .with("provider", scope.provider())
                .with("logs", logs.size())
                .with("calls", sent)
                .with("events", events.size())
                .withOptional("time", compared())
                .with("matched", matched)
                .withItems("alarms", alarms.stream())
                .withItems("findings", findings.stream())
                .with("not_compared", new Json.Members(skipped));
    }

    /** Prints the same for people. */
    void print(PrintStream out) {
        out.println(
                "compared: " + scope.provider() + ", " + compared().orElse("no time at all, so give --from and --to")
                        + "; events in its list: " + events.size() + "; calls with a receipt: " + sent + ", in logs: "
                        + logs.size());
        if (events.isEmpty()) {
            out.println("an empty list says that nothing happened only if the provider kept and gave all of that time");
        }
        alarms.forEach(alarm -> out.println(line("ALARM", alarm)));
        findings.forEach(finding -> out.println(line("FINDING", finding)));
        out.println(matched + " events have their receipts; " + alarms.size() + " alarms, " + findings.size()
                + " findings");
        skipped.forEach((what, count) -> out.println("not compared: " + count.canonicalText() + " " + what));
    }

    private static String line(String word, Json.Members entry) {
        StringBuilder line = new StringBuilder(word);
        SHOWN.forEach(
                name -> entry.get(name).ifPresent(value -> line.append("  ").append(ReceiptText.plain(value))));
        return ReceiptText.inert(line.toString());
    }
}
