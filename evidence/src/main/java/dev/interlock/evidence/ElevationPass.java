package dev.interlock.evidence;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Checks, in the order of the receipts, what elevations gave leases, and whether actions kept to it. */
final class ElevationPass {

    static final String ELEVATION = "elevation";
    /** Tolerance for clocks that are set back by seconds between a signature and the receipts that follow. */
    private static final Duration CLOCKS = Duration.ofMinutes(1);

    private record GivenElevation(String lease, String seal, ElevationScope what, Instant until) {
        Instant from() {
            return until.minus(Duration.ofMinutes(what.minutes()));
        }
    }

    private final Map<String, SealDocument> seals;
    private final Map<String, List<GivenElevation>> byHold = new HashMap<>();
    private final List<ElevationPass> others;

    ElevationPass(Map<String, SealDocument> seals, List<ElevationPass> others) {
        this.seals = seals;
        this.others = others;
    }

    /** Returns the verdict on {@code act}; empty if it gives no lease anything. */
    Optional<ConfirmedIntents.IntentVerdict> accept(Receipt act) {
        Json.Members members = act.members();
        if (!act.isAct("elevation.give") || members.get("result").isPresent()) { // a failed attempt
            return Optional.empty();
        }
        try {
            GivenElevation given = new GivenElevation(
                    members.text("lease"),
                    members.object("confirmation").object("statement").text("seal"),
                    ElevationScope.ofReceipt(members),
                    new StrictFields(members).instant("until"));
            // This receipt gets its own verdict. Actions under it are compared with what it says, even if that verdict
            // is bad.
            byHold.computeIfAbsent(members.text("hold"), hold -> new ArrayList<>())
                    .add(given);
            return Optional.of(SealedTexts.number(act)
                    .<ConfirmedIntents.IntentVerdict>map(ConfirmedIntents.IntentVerdict.SealedIntent::new)
                    .orElseGet(() -> judged(act, given)));
        } catch (MalformedException e) {
            return Optional.of(new ConfirmedIntents.IntentVerdict.UnmetIntent(
                    "its elevation record is not valid: " + e.getMessage()));
        }
    }

    private ConfirmedIntents.IntentVerdict judged(Receipt act, GivenElevation given) {
        IntentConfirmation evidence = new IntentConfirmation(act);
        Statement statement = evidence.statement();
        Json.Members members = act.members();
        if (!statement.hold().equals(members.text("hold"))
                || !statement.lease().equals(given.lease())
                || !statement.agent().equals(members.text("agent"))
                || !ElevationScope.ofStatement(statement).equals(given.what())) {
            return new ConfirmedIntents.IntentVerdict.UnmetIntent("the elevation differs from what people signed");
        }
        Instant from = given.from();
        if (from.isAfter(act.at().plus(CLOCKS))) {
            return new ConfirmedIntents.IntentVerdict.UnmetIntent("the elevation lasts longer than people signed");
        }
        SealDocument seal = seals.get(statement.seal());
        if (seal == null) {
            return new ConfirmedIntents.IntentVerdict.UncheckedIntent(Optional.of(statement.seal()));
        }
        ConfirmationResult confirmed =
                evidence.check(seal, from.isBefore(statement.openedAt()) ? statement.openedAt() : from);
        if (!confirmed.isSatisfied()) {
            return new ConfirmedIntents.IntentVerdict.UnmetIntent(String.join("; ", confirmed.unmet()));
        }
        // The members of a receipt are what people search, so they must not name others.
        Set<String> people = confirmed.signers().stream().map(Signer::person).collect(Collectors.toSet());
        if (!people.containsAll(members.texts("signers"))) {
            return new ConfirmedIntents.IntentVerdict.UnmetIntent("it names a signer who did not sign");
        }
        return confirmed.signers().stream().anyMatch(signer -> ElevationScope.maySign(statement, seal, signer.person()))
                ? new ConfirmedIntents.IntentVerdict.SignedIntent(confirmed)
                : new ConfirmedIntents.IntentVerdict.UnmetIntent("no signer may elevate the lease");
    }

    /** Returns why the elevation of {@code intent} does not cover it; {@code seal} is the intent's, if given. */
    Optional<String> objection(Receipt intent, IntentMeaning meaning, Optional<SealDocument> seal) {
        Json.Members members = intent.members();
        if (members.get(ELEVATION).isEmpty()) {
            return Optional.empty();
        }
        try {
            String hold = members.text(ELEVATION);
            String lease = members.text("lease");
            List<GivenElevation> given = Stream.concat(Stream.of(this), others.stream())
                    .flatMap(log -> log.byHold.getOrDefault(hold, List.of()).stream())
                    .filter(one -> one.lease().equals(lease))
                    .toList();
            if (given.isEmpty()) {
                return Optional.of("it used elevation `" + hold + "`, but no earlier receipt grants it to that lease");
            }
            if (given.stream().noneMatch(one -> one.seal().equals(members.text("seal")))) {
                return Optional.of("it used elevation `" + hold + "`, which people gave under another seal");
            }
            if (given.stream().noneMatch(one -> intent.at().isBefore(one.until().plus(IntentMeaning.COMING)))) {
                return Optional.of("it used elevation `" + hold + "`, which had ended");
            }
            return given.stream()
                            .filter(one ->
                                    !intent.at().plus(IntentMeaning.COMING).isBefore(one.from()))
                            .map(GivenElevation::what)
                            .anyMatch(scope -> meaning.isWithin(scope.impacts(), scope.environments(), seal))
                    ? Optional.empty()
                    : Optional.of("it used elevation `" + hold + "`, which does not cover it");
        } catch (MalformedException e) {
            return Optional.of("the elevation that it used cannot be read: " + e.getMessage());
        }
    }
}
