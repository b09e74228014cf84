package dev.interlock.watch;

import dev.interlock.action.Bytes;
import dev.interlock.action.Refusal;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/** A forbidden action that the running gateway sends itself, to prove that it is refused. */
public record Probe(String front, String protocol, String upstream, String carrying, ProbeAttempt attempt) {

    private static final Set<String> REFUSED =
            Set.of("denied", "confirmation_required", "foreign_credential", "not_understood", "unavailable");

    /** Sends a probe and receives the answer. */
    public interface ProbeAttempt {

        /** Sends it, and judges the answer. */
        ProbeResult make() throws IOException, InterruptedException;
    }

    /** The possible findings. */
    public enum ProbeFinding {
        /** It was refused, in exactly the expected way. */
        REFUSED,
        /** Undecided: there was no answer, or another refusal. */
        UNPROVED,
        /** The answer was no refusal. */
        LET_THROUGH
    }

    /** The result of a probe; {@code why} is empty if nothing was wrong. */
    public record ProbeResult(ProbeFinding finding, String why) {
        /** The result of a probe that passed. */
        public static final ProbeResult REFUSED = new ProbeResult(ProbeFinding.REFUSED, "");
    }

    /** The answer on the wire, as any client sees it. */
    public record ProbeResponse(int status, Optional<String> receipt, Bytes body) {

        /** Judges the answer alone: only {@code expected} passes, with {@code itsStatus}. */
        public ProbeResult held(Refusal expected, int itsStatus) {
            Json.Members problem = problem();
            String kind = text(problem, "kind");
            if (!Set.of(400, 403, 407).contains(status) || !Probe.REFUSED.contains(kind)) {
                return new ProbeResult(ProbeFinding.LET_THROUGH, "it was not refused: status " + status);
            }
            if (!kind.equals(expected.kind().word())) {
                return unproved("it was refused as `" + kind + "`, but must be as `"
                        + expected.kind().word() + "`");
            }
            if (status != itsStatus) {
                return unproved("it was refused with status " + status + ", but must be with " + itsStatus);
            }
            if (!text(problem, "detail").equals(expected.reason())) {
                return unproved("it was refused for the wrong reason");
            }
            return receipt.isEmpty() || !receipt.get().equals(text(problem, "receipt"))
                    ? unproved("it was refused without a receipt")
                    : ProbeResult.REFUSED;
        }

        private static ProbeResult unproved(String why) {
            return new ProbeResult(ProbeFinding.UNPROVED, why);
        }

        private Json.Members problem() {
            try {
                return Json.readObject(body.toArray());
            } catch (MalformedException _) {
                return Json.object();
            }
        }

        private static String text(Json.Members problem, String name) {
            return problem.get(name).orElse(new Json.Nothing()) instanceof Json.Text(String value) ? value : "";
        }
    }

    /** Sends it. A missing answer proves nothing. */
    ProbeResult tried() throws InterruptedException {
        try {
            return attempt.make();
        } catch (IOException e) {
            return new ProbeResult(ProbeFinding.UNPROVED, String.valueOf(e.getMessage()));
        }
    }
}
