package dev.interlock.gate;

import dev.interlock.action.Alert;
import dev.interlock.action.Attempt;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.SandboxRules;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.vault.SecretMatcher;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Refuses what carries a stored credential, or a decoy where the seal says so. */
final class CarriedSecrets {

    private final Supplier<Optional<Seal>> seals;
    private final RequestSecretScanner scanner;

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

    SearchResult search(Seal seal, Lease lease, Attempt attempt) {
        SecretMatcher.SecretMatches found;
        try {
            found = scanner.in(attempt);
        } catch (IOException e) {
            return new SearchResult.RefusedSearch(Resolution.Rejected.of(lease, Refusals.UNSEARCHED));
        }
        SandboxRules.DecoyReaction use = seal.sandbox().inBodies();
        boolean decoyStops = !found.decoys().isEmpty() && use != SandboxRules.DecoyReaction.ALERT;
        if (!found.credentials().isEmpty() || decoyStops) {
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

    /** A text to the gateway itself is shown to people, so a decoy is refused even if calls may hold one. */
    Optional<Resolution.Rejected> search(Lease lease, byte[] text) {
        try {
            SecretMatcher.SecretMatches found = scanner.in(text);
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

    Resolution.Rejected pushed(Lease lease, SecretMatcher.SecretMatches found, List<String> places) {
        return carrying(Optional.of(lease), "push", found, ends(found)).answering(Refusals.pushingSecrets(places));
    }

    /**
     * Returns {@code rejected} with a reason that may be recorded: a front's may quote the request in another spelling.
     */
    Resolution.Rejected withRecordableReason(Resolution.Rejected rejected, String asked) {
        Refusal refusal = rejected.refusal();
        try {
            SecretMatcher.SecretMatches found =
                    scanner.in((asked + "\n" + refusal.reason()).getBytes(StandardCharsets.UTF_8));
            if (found.isNothing()) {
                return rejected;
            }
            Resolution.Rejected carrying = carrying(rejected.lease(), "target", found, ends(found));
            return new Resolution.Rejected(
                    rejected.lease(),
                    Refusals.unshown(refusal, "it contains a credential that Interlock stores"),
                    ReceiptMembers.together(carrying.observed(), rejected.observed()),
                    carrying.alarm().map(alarm -> alarm.with(rejected.alarm())));
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

    private boolean ends(SecretMatcher.SecretMatches found) {
        return !found.decoys().isEmpty()
                && seals.get()
                        .filter(seal -> seal.sandbox().inBodies() == SandboxRules.DecoyReaction.KILL)
                        .isPresent();
    }

    private static Resolution.Rejected carrying(
            Optional<Lease> lease, String carrier, SecretMatcher.SecretMatches found, boolean ends) {
        Refusal refusal = Refusals.CARRYING;
        Set<String> names = new TreeSet<>(found.credentials());
        names.addAll(found.decoys());
        return new Resolution.Rejected(
                lease,
                refusal,
                Json.object().with("carrier", carrier).with("would_open", String.join(", ", names)),
                Optional.of(new Resolution.ResolutionAlert(
                        Alert.AlertKind.FOREIGN_CREDENTIAL,
                        refusal.reason() + " It is stored as `" + String.join("`, `", names) + "`.",
                        ends)));
    }

    /** Searches a push, and collects the names of the secrets that are in it. One push, one thread. */
    static final class SecretCollector implements PushReader.SecretSearch {

        private final RequestSecretScanner scanner;
        private final boolean isOn;
        private final Set<String> credentials = new TreeSet<>();
        private final Set<String> decoys = new TreeSet<>();

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
            SecretMatcher.SecretMatches found = scanner.in(text);
            credentials.addAll(found.credentials());
            decoys.addAll(found.decoys());
            return !found.isNothing();
        }

        SecretMatcher.SecretMatches found() {
            return new SecretMatcher.SecretMatches(credentials, decoys);
        }
    }
}
