package dev.interlock.confirm;

import dev.interlock.action.Bytes;
import dev.interlock.action.Headline;
import dev.interlock.action.LossOrder;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import dev.interlock.evidence.StatementList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Holds of one kind that wait together, the oldest first, or the steps of a plan in their order: people answer them at
 * once, by one signature over all their statements. A hold alone is a set of one. A set is not stored: each hold keeps
 * its own state, statement and use.
 *
 * <p>INVARIANT: what is signed is the list of the statements that were shown. A hold that comes later is not in it.
 */
record HoldSet(List<Hold> holds) {

    static final String CHANGED = "The set has changed since it was shown, and nothing was signed.";
    static final String AGAIN = "Look at it again.";

    private static final String PREFIX = "S-";
    private static final int HOLD_NAME = 26;
    private static final int MARK = 8;
    private static final int HOLD_PREFIX = "H-".length();

    HoldSet {
        holds = List.copyOf(holds);
        if (holds.isEmpty() || holds.size() > StatementList.MAX) {
            throw new IllegalArgumentException("a set has 1 to " + StatementList.MAX + " holds");
        }
    }

    static HoldSet of(Hold alone) {
        return new HoldSet(List.of(alone));
    }

    /** Returns the sets that {@code holds} make, each as large as may be; {@code holds} are in their order. */
    static List<HoldSet> of(Collection<Hold> holds) {
        Map<String, List<Hold>> kinds = new LinkedHashMap<>();
        holds.forEach(hold ->
                kinds.computeIfAbsent(group(hold), _ -> new ArrayList<>()).add(hold));
        List<HoldSet> sets = new ArrayList<>();
        for (List<Hold> kind : kinds.values()) {
            for (int i = 0; i < kind.size(); i += StatementList.MAX) {
                sets.add(new HoldSet(kind.subList(i, Math.min(kind.size(), i + StatementList.MAX))));
            }
        }
        return sets;
    }

    /** Returns the live holds of {@code lease} that wait with {@code hold} or after it; empty if none does. */
    static Optional<HoldSet> from(Hold hold, Collection<Hold> live) {
        String kind = kind(hold);
        List<Hold> alike = live.stream()
                .filter(other -> other.state().isLive() && other.id().compareTo(hold.id()) >= 0)
                .filter(other -> kind(other).equals(kind))
                .toList();
        return of(alike).stream().findFirst();
    }

    static boolean isSet(String id) {
        return id.startsWith(PREFIX);
    }

    /** Returns the first hold of the set {@code id}, whether that also says which holds it had when it was shown. */
    static String firstHold(String id) {
        String own = id.substring(PREFIX.length());
        return "H-" + (own.length() == HOLD_NAME + MARK ? own.substring(0, HOLD_NAME) : own);
    }

    /**
     * Returns the name by which people answer it: {@link #id()}, and of several holds a mark of which they are. So who
     * signs what a list named so signs that, or nothing.
     */
    String shownAs() {
        return holds.size() == 1 ? id() : id() + mark(holds);
    }

    private static String mark(List<Hold> holds) {
        return Bytes.utf8(holds.stream().map(Hold::id).collect(Collectors.joining(" ")))
                .sha256()
                .substring(0, MARK)
                .toUpperCase(Locale.ROOT);
    }

    /** Returns why {@code id} is the name of other holds than these; empty if it names these, or only the first. */
    Optional<String> contradiction(String id) {
        String name = isSet(id) ? id.substring(PREFIX.length()) : "";
        if (name.length() != HOLD_NAME + MARK || id.equals(shownAs())) {
            return Optional.empty();
        }
        String said = name.substring(HOLD_NAME);
        return Optional.of(IntStream.range(1, holds.size())
                .filter(count -> mark(holds.subList(0, count)).equals(said))
                .mapToObj(count -> CHANGED + " Since then these came: "
                        + holds.stream().skip(count).map(Hold::id).collect(Collectors.joining(", ")) + ". " + AGAIN)
                .findFirst()
                .orElse(CHANGED + " One of its calls was answered, has changed or is over. " + AGAIN));
    }

    Hold first() {
        return holds.getFirst();
    }

    /** Returns {@code S-} and the end of the first hold's name; of a set of one, that hold's name. */
    String id() {
        return holds.size() == 1 ? first().id() : named(first().id());
    }

    /** Returns the name of the set that begins with {@code hold}. */
    static String named(String hold) {
        return PREFIX + hold.substring(HOLD_PREFIX);
    }

    /** Returns the bytes that people sign, perhaps to grant {@code more} calls as well. */
    byte[] signed(Optional<CallGrant> more) {
        return holds.size() == 1 && more.isEmpty()
                ? first().statement().canonical()
                : StatementList.of(holds.stream().map(Hold::statement).toList(), more)
                        .canonical();
    }

    boolean isPlan() {
        return first().place().isPresent();
    }

    /** Returns whether it is no part of a plan that lacks other steps. People answer a plan as a whole. */
    boolean isWhole() {
        return first().place().filter(place -> place.of() != holds.size()).isEmpty();
    }

    /** Returns the text that each signer types, if they must. */
    Optional<String> nameToType() {
        return Optional.of(name()).filter(_ -> first().asksForName());
    }

    /** Returns what names its calls: the resource of one, or the number and the environments of several. */
    private String name() {
        return holds.size() == 1
                ? NameToType.of(first().statement())
                : holds.size() + " in "
                        + holds.stream()
                                .flatMap(hold -> hold.environments().stream())
                                .distinct()
                                .sorted()
                                .collect(Collectors.joining(" and "));
    }

    boolean isNamed(String typed) {
        return holds.size() == 1 ? NameToType.isNamed(first().statement(), typed) : NameToType.isSame(typed, name());
    }

    /** Returns what it asks, the number first, and the worst of its calls before the others. */
    String question() {
        List<Json.Members> meanings =
                holds.stream().map(hold -> hold.statement().meaning()).toList();
        if (isPlan()) {
            String grave = LossOrder.grave(meanings);
            return "A plan of " + first().place().orElseThrow().of() + " steps"
                    + (grave.isEmpty() ? ": " : ", with " + grave + ": ")
                    + holds.stream()
                            .map(hold -> HoldPhrases.question(hold.statement()))
                            .collect(Collectors.joining(", then "));
        }
        return holds.size() == 1
                ? HoldPhrases.question(first().statement())
                : holds.size() + " calls: " + Headline.ofAll(meanings);
    }

    private static String group(Hold hold) {
        return hold.state().isLive()
                ? hold.state().word()
                        + hold.signatures().stream()
                                .map(Hold.HoldSignature::person)
                                .toList()
                        + kind(hold)
                : hold.id();
    }

    /** Returns a text that is equal for holds of one kind: who does what kind of thing, where, under which rules. */
    private static String kind(Hold hold) {
        if (hold.isElevation()) {
            return hold.id();
        }
        if (hold.place().isPresent()) {
            return hold.place().get().first();
        }
        Statement statement = hold.statement();
        return Json.object()
                .with("seal", statement.seal())
                .with("lease", statement.lease())
                .with("agent", statement.agent())
                .with("person", statement.person())
                .withTexts("behind", statement.behind())
                .with("task", statement.task())
                .with("obligations", statement.obligations())
                .with("meaning", CallGrant.kind(statement.meaning()))
                .canonicalText();
    }
}
