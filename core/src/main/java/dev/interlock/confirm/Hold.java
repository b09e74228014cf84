package dev.interlock.confirm;

import dev.interlock.evidence.ElevationScope;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.PlanStep;
import dev.interlock.evidence.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * One hold as an immutable value. Each step returns a new value, or throws if the state machine has no such step.
 *
 * @param classes what a denial of it would cover
 * @param signBy when it expires unless all needed signatures are there
 * @param signedAt when the last needed person signed
 * @param ending why it ended, or the intent that used it
 */
record Hold(
        Statement statement,
        List<ActionClass> classes,
        Instant signBy,
        HoldState state,
        Optional<Instant> signedAt,
        List<HoldSignature> signatures,
        Optional<String> ending) {

    /** The time for people to answer. */
    static final Duration DEFAULT_LIFE = Duration.ofHours(1);

    /** The time in which a confirmation must be used: for an agent that polls, and still the same event. */
    static final Duration USABLE = Duration.ofMinutes(15);

    /** One person's SSHSIG or assertion, by the key's fingerprint or a passkey's name; what they typed may be empty. */
    record HoldSignature(
            String person, KeyClass keyClass, String fingerprint, String armored, String typed, Instant at) {}

    Hold {
        classes = List.copyOf(classes);
        signatures = List.copyOf(signatures);
    }

    static Hold open(Statement statement, List<ActionClass> classes, Instant signBy) {
        return new Hold(statement, classes, signBy, HoldState.OPEN, Optional.empty(), List.of(), Optional.empty());
    }

    /** Returns when a statement opened at {@code now} ceases to be valid, whenever it is signed. */
    static Instant expiry(Instant now, Duration cooldown) {
        return now.plus(DEFAULT_LIFE).plus(cooldown).plus(USABLE);
    }

    String id() {
        return statement.hold();
    }

    Optional<PlanStep> place() {
        return statement.plan();
    }

    Duration cooldown() {
        return Duration.ofSeconds(statement.obligations().whole("cooldown_seconds"));
    }

    /** Returns whether it is about the rights of a lease, and not about a call. */
    boolean isElevation() {
        return ElevationScope.is(statement);
    }

    Set<String> environments() {
        Set<String> names = new TreeSet<>(statement.meaning().object("radius").texts("environments"));
        statement.meaning().objects("actions").stream()
                .flatMap(action -> action.objects("resources").stream())
                .forEach(resource -> names.addAll(resource.texts("environments")));
        return names;
    }

    Hold withStatement(Statement narrower) {
        return new Hold(narrower, classes, signBy, state, signedAt, List.of(), ending);
    }

    boolean asksForName() {
        return statement.obligations().flag("type_name");
    }

    List<String> unprovable() {
        List<String> unprovable = new ArrayList<>();
        statement
                .obligations()
                .get("rows")
                .ifPresent(_ ->
                        unprovable.add("a count of the rows that it would touch, which this provider cannot supply"));
        return unprovable;
    }

    /** Returns when it becomes usable, if all needed signatures are there. */
    Optional<Instant> usableFrom() {
        return signedAt.map(at -> at.plus(cooldown()));
    }

    /** Returns whether it may be used at {@code now}. */
    boolean isUsable(Instant now) {
        return state == HoldState.SIGNED
                && !isOverdue(now)
                && usableFrom().filter(from -> !now.isBefore(from)).isPresent();
    }

    /** Returns whether what people granted with it may be used: its cooldown is over, and nobody denied it since. */
    boolean mayGrant(Instant now) {
        return switch (state) {
            case SIGNED, CONSUMED, EXPIRED ->
                usableFrom().filter(from -> !now.isBefore(from)).isPresent();
            case OPEN, DENIED, CANCELLED, VOID -> false;
        };
    }

    /** Returns whether some call can be of a kind of this hold and of {@code other}. */
    boolean meets(Hold other) {
        return classes.stream().anyMatch(mine -> other.classes.stream().anyMatch(mine::meets));
    }

    /** Returns whether its time is over, although that is not recorded yet. */
    boolean isOverdue(Instant now) {
        return switch (state) {
            case OPEN -> !now.isBefore(signBy);
            case SIGNED -> !now.isBefore(usableFrom().orElseThrow().plus(USABLE));
            case CONSUMED, DENIED, CANCELLED, VOID, EXPIRED -> false;
        };
    }

    /** Returns the hold as it is at {@code now}: expired if its time is over. Once recorded, no clock reverts that. */
    Hold seenAt(Instant now) {
        if (!isOverdue(now)) {
            return this;
        }
        return ended(
                HoldState.EXPIRED,
                state == HoldState.OPEN
                        ? "Nobody confirmed it in time; that counts as a denial."
                        : "It was confirmed but not used in time.");
    }

    boolean isLaterThan(Instant now) {
        return statement.openedAt().isAfter(now)
                || signatures.stream().anyMatch(signature -> signature.at().isAfter(now));
    }

    List<Confirmation.ConfirmationSigner> signers() {
        return signatures.stream()
                .map(signed -> new Confirmation.ConfirmationSigner(
                        signed.person(), signed.keyClass(), signed.fingerprint(), signed.typed()))
                .toList();
    }

    /** Returns the hold with one more signature; {@code complete} if no other is needed. */
    Hold signed(HoldSignature signature, boolean complete) {
        List<HoldSignature> all = new ArrayList<>(signatures);
        all.add(signature);
        if (!complete || !unprovable().isEmpty()) {
            return new Hold(statement, classes, signBy, state, signedAt, all, ending);
        }
        requireStep(HoldState.SIGNED);
        return new Hold(statement, classes, signBy, HoldState.SIGNED, Optional.of(signature.at()), all, ending);
    }

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
