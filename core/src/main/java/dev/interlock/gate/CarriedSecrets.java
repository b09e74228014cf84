package dev.interlock.gate;

import dev.interlock.action.Alert;
import dev.interlock.action.Attempt;
import dev.interlock.action.FairSemaphore;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.SandboxRules;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Refuses what carries a stored credential or a lease, a decoy where the seal says so, or the form of a credential. */
final class CarriedSecrets {

    private final Supplier<Optional<Seal>> seals;
    private final RequestSecretScanner scanner;
    /** Limits how many large calls are searched at once: each is decoded in many ways. None is refused for that. */
    final FairSemaphore turns = FairSemaphore.ofReadings(Integer.MAX_VALUE);

    CarriedSecrets(Supplier<Optional<Seal>> seals, RequestSecretScanner scanner) {
        this.seals = seals;
        this.scanner = scanner;
    }

    sealed interface SearchResult {

        /** The call carries what it must not carry, or could not be searched. */
        record RefusedSearch(Resolution.Rejected rejected) implements SearchResult {}

        /** The call may go on. People are alerted about a decoy in it, if there is one. */
        record PassedSearch(Optional<Resolution.ResolutionAlert> noticed) implements SearchResult {}
    }

    /** @param isByForm whether it is no place for any credential, of nobody's */
    SearchResult search(Seal seal, Lease lease, Attempt attempt, boolean isByForm) {
        FoundSecrets found;
        try {
            found = found(lease, attempt, isByForm);
        } catch (IOException e) {
            return new SearchResult.RefusedSearch(Resolution.Rejected.of(lease, Refusals.UNSEARCHED));
        }
        SandboxRules.DecoyReaction use = seal.sandbox().inBodies();
        boolean decoyStops = !found.decoys().isEmpty() && use != SandboxRules.DecoyReaction.ALERT;
        if (!found.credentials().isEmpty() || !found.forms().isEmpty() || decoyStops) {
            // A credential beside the decoy must not soften what the seal says of decoys.
            boolean ends = decoyStops && use == SandboxRules.DecoyReaction.KILL;
            return new SearchResult.RefusedSearch(carrying(Optional.of(lease), "body", found, ends));
        }
        // A conversation repeats what was read once in every later call, so people are alerted once.
        Set<String> untold = scanner.markAlerted(lease, found.decoys());
        return new SearchResult.PassedSearch(
                untold.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new Resolution.ResolutionAlert(
                                Alert.AlertKind.DECOY_SEEN,
                                "A call of `" + lease.agent() + "` carries a decoy: `" + String.join("`, `", untold)
                                        + "`. The seal permits this; Interlock alerts once about it.",
                                false)));
    }

    private FoundSecrets found(Lease lease, Attempt attempt, boolean isByForm) throws IOException {
        if (attempt.call().longBody().isEmpty() && attempt.call().body().length() <= AttemptResolver.LargeCalls.LARGE) {
            return scanner.in(attempt, isByForm);
        }
        turns.acquire(lease.root());
        try {
            return scanner.in(attempt, isByForm);
        } finally {
            turns.release(lease.root());
        }
    }

    /** A text to the gateway itself is shown to people, so a decoy is refused even if calls may hold one. */
    Optional<Resolution.Rejected> search(Lease lease, byte[] text) {
        try {
            FoundSecrets found = scanner.in(text);
            return found.isNothing()
                    ? Optional.empty()
                    : Optional.of(carrying(Optional.of(lease), "body", found, ends(found)));
        } catch (IOException e) {
            return Optional.of(Resolution.Rejected.of(lease, Refusals.UNSEARCHED));
        }
    }

    boolean areIn(String text) throws IOException {
        return !scanner.in(text.getBytes(StandardCharsets.UTF_8)).isNothing();
    }

    SecretCollector collector(Attempt attempt) {
        return new SecretCollector(scanner, attempt.undoes().isEmpty());
    }

    Resolution.Rejected pushed(Lease lease, FoundSecrets found, List<String> places) {
        return carrying(Optional.of(lease), "push", found, ends(found))
                .answering(Refusals.pushingSecrets(found, places));
    }

    /**
     * Returns {@code rejected} with a reason that may be recorded: a front's may quote the request in another spelling.
     */
    Resolution.Rejected withRecordableReason(Resolution.Rejected rejected, String asked) {
        Refusal refusal = rejected.refusal();
        try {
            FoundSecrets found = scanner.in((asked + "\n" + refusal.reason()).getBytes(StandardCharsets.UTF_8));
            if (found.isNothing()) {
                return rejected;
            }
            Resolution.Rejected carrying = carrying(rejected.lease(), "target", found, ends(found));
            return new Resolution.Rejected(
                    rejected.lease(),
                    Refusals.unshown(refusal, "it contains " + found.words()),
                    ReceiptMembers.together(carrying.observed(), rejected.observed()),
                    carrying.alarm().map(alarm -> alarm.with(rejected.alarm())).or(rejected::alarm));
        } catch (IOException e) {
            return rejected.answering(Refusals.unshown(refusal, "it could not be scanned for credentials"));
        }
    }

    /** Returns the alert about an answer with {@code credentials}, unless people were alerted under this lease. */
    Optional<Resolution.ResolutionAlert> leakAlert(Lease lease, String upstream, Set<String> credentials) {
        Set<String> untold = scanner.markAlerted(lease, credentials);
        return untold.isEmpty()
                ? Optional.empty()
                : Optional.of(new Resolution.ResolutionAlert(
                        Alert.AlertKind.FOREIGN_CREDENTIAL,
                        "An answer from `" + upstream + "` to `" + lease.agent()
                                + "` contained a stored credential: `" + String.join("`, `", untold)
                                + "`. The answer was withheld.",
                        false));
    }

    void forgetAlerts(Lease lease) {
        scanner.forgetAlerts(lease);
    }

    private boolean ends(FoundSecrets found) {
        return !found.decoys().isEmpty()
                && seals.get()
                        .filter(seal -> seal.sandbox().inBodies() == SandboxRules.DecoyReaction.KILL)
                        .isPresent();
    }

    private static Resolution.Rejected carrying(
            Optional<Lease> lease, String carrier, FoundSecrets found, boolean ends) {
        Refusal refusal = Refusals.carrying(found);
        Set<String> names = found.stored();
        Json.Members observed = Json.object().with("carrier", carrier);
        if (names.isEmpty()) { // a form is a guess, and alerts nobody
            return new Resolution.Rejected(
                    lease,
                    refusal,
                    observed.with("forms", String.join(", ", new TreeSet<>(found.forms()))),
                    Optional.empty());
        }
        return new Resolution.Rejected(
                lease,
                refusal,
                observed.with("would_open", String.join(", ", names)),
                Optional.of(new Resolution.ResolutionAlert(
                        Alert.AlertKind.FOREIGN_CREDENTIAL,
                        refusal.reason() + " It is stored as `" + String.join("`, `", names) + "`.",
                        ends)));
    }

    /** Searches a push, and collects the names of the secrets that are in it. One push; any thread. */
    static final class SecretCollector implements PushReader.SecretSearch {

        private final RequestSecretScanner scanner;
        private final boolean isOn;
        private FoundSecrets found = new FoundSecrets(Set.of(), Set.of(), Set.of());

        /** {@code isOn} is false for what the gateway itself puts back: it was there before. */
        SecretCollector(RequestSecretScanner scanner, boolean isOn) {
            this.scanner = scanner;
            this.isOn = isOn;
        }

        @Override
        public boolean isIn(byte[] text) throws IOException {
            if (!isOn) {
                return false;
            }
            FoundSecrets here = scanner.in(text);
            if (!here.isNothing()) {
                synchronized (this) {
                    found = found.with(here);
                }
            }
            return !here.isNothing();
        }

        synchronized FoundSecrets found() {
            return found;
        }
    }
}
