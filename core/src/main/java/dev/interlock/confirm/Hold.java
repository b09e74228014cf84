package dev.interlock.confirm;

import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.LeaseWidening;
import dev.interlock.evidence.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * One hold as a value; each step makes the next one, or throws if the state machine has no such step.
 *
 * @param statement what people sign
 * @param classes what a denial of it would cover
 * @param signBy when it expires if not everybody needed has signed
 * @param state where it stands
 * @param signedAt when the last needed person signed
 * @param signatures in the order they came
 * @param ending why it ended, or the intent that used it
 */
record Hold(
        Statement statement,
        List<ActionClass> classes,
        Instant signBy,
        HoldState state,
        Optional<Instant> signedAt,
        List<Signed> signatures,
        Optional<String> ending) {

    /** How long people have to answer. */
    static final Duration DEFAULT_LIFE = Duration.ofHours(1);

    /**
     * How long a confirmation may lie unused: long enough for an agent that polls, short enough to be the same event.
     */
    static final Duration USABLE = Duration.ofMinutes(15);

    /**
     * One person's signature.
     *
     * @param fingerprint of the key, or a passkey's name
     * @param armored an SSHSIG, or an assertion
     * @param typed the resource's name as they typed it; empty if they were not asked to
     */
    record Signed(String person, KeyClass keyClass, String fingerprint, String armored, String typed, Instant at) {}

    Hold {
        classes = List.copyOf(classes);
        signatures = List.copyOf(signatures);
    }

    static Hold open(Statement statement, List<ActionClass> classes, Instant signBy) {
        return new Hold(statement, classes, signBy, HoldState.OPEN, Optional.empty(), List.of(), Optional.empty());
    }

    /** When a statement opened at {@code now} is worth nothing any more, whoever signs it when. */
    static Instant expiry(Instant now, Duration cooldown) {
        return now.plus(DEFAULT_LIFE).plus(cooldown).plus(USABLE);
    }

    String id() {
        return statement.hold();
    }

    Duration cooldown() {
        return Duration.ofSeconds(statement.obligations().whole("cooldown_seconds"));
    }

    /** Whether it is about what a lease may do, and not about a call. */
    boolean isElevation() {
        return LeaseWidening.is(statement);
    }

    /** Every environment that it is about, or whose things would be lost. */
    Set<String> environments() {
        Set<String> names = new TreeSet<>(statement.meaning().object("radius").texts("environments"));
        statement.meaning().objects("actions").stream()
                .flatMap(action -> action.objects("resources").stream())
                .forEach(resource -> names.addAll(resource.texts("environments")));
        return names;
    }

    /** What it has in common with holds that a person would take for the same: who does what. */
    String alike() {
        return statement.agent() + ": "
                + classes.stream()
                        .map(ActionClass::operation)
                        .distinct()
                        .sorted()
                        .collect(Collectors.joining(", "));
    }

    /** The same hold about less, which nobody has signed yet. */
    Hold about(Statement narrower) {
        return new Hold(narrower, classes, signBy, state, signedAt, List.of(), ending);
    }

    /** The same hold under other obligations, as if nobody had signed anything, whether somebody has or not. */
    Hold anew(Statement other) {
        return new Hold(other, classes, signBy, HoldState.OPEN, Optional.empty(), List.of(), Optional.empty());
    }

    boolean asksForName() {
        return statement.obligations().flag("type_name");
    }

    /** Obligations that nothing can prove yet; a hold with one of them never becomes usable. */
    List<String> unprovable() {
        List<String> unprovable = new ArrayList<>();
        statement
                .obligations()
                .get("rows")
                .ifPresent(_ -> unprovable.add("a count of the rows it would touch, which this provider cannot give"));
        return unprovable;
    }

    /** When it may be used, if everybody needed has signed. */
    Optional<Instant> usableFrom() {
        return signedAt.map(at -> at.plus(cooldown()));
    }

    /** Whether it may be used at {@code now}. */
    boolean isUsable(Instant now) {
        return state == HoldState.SIGNED
                && !isOverdue(now)
                && usableFrom().filter(from -> !now.isBefore(from)).isPresent();
    }

    /** Whether its time is over, though nobody has written that down yet. */
    boolean isOverdue(Instant now) {
        return switch (state) {
            case OPEN -> !now.isBefore(signBy);
            case SIGNED -> !now.isBefore(usableFrom().orElseThrow().plus(USABLE));
            case CONSUMED, DENIED, CANCELLED, VOID, EXPIRED -> false;
        };
    }

    /** With one signature more; {@code complete} if now everybody needed has signed. */
    Hold signed(Signed signature, boolean complete) {
        List<Signed> all = new ArrayList<>(signatures);
        all.add(signature);
        if (!complete || !unprovable().isEmpty()) {
            return new Hold(statement, classes, signBy, state, signedAt, all, ending);
        }
        requireStep(HoldState.SIGNED);
        return new Hold(statement, classes, signBy, HoldState.SIGNED, Optional.of(signature.at()), all, ending);
    }

    /** Over, for {@code why}; or used, by the intent that {@code why} names. */
    Hold ended(HoldState as, String why) {
        requireStep(as);
        return new Hold(statement, classes, signBy, as, signedAt, signatures, Optional.of(why));
    }

    private void requireStep(HoldState next) {
        if (!state.may(next)) {
            throw new IllegalStateException(
                    "a hold that is `" + state.word() + "` does not become `" + next.word() + "`");
        }
    }
}
