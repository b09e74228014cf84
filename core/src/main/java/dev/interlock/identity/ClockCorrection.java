package dev.interlock.identity;

import dev.interlock.action.ClockWatch;
import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Optional;

/**
 * The statement by which a person confirms that the clock is right now, although the gateway knows a later time.
 *
 * <p>Threading: any.
 */
public final class ClockCorrection {

    /** The SSHSIG namespace for these statements, and for nothing else. */
    public static final String NAMESPACE = "interlock-clock@v1";

    private static final String STATEMENT_TYPE = "interlock-clock-correction@v1";

    /** The time for signing, as for kills. */
    private static final Duration SIGNING_TIME = Duration.ofMinutes(10);

    private final PersonSignatures signatures;
    private final KillSwitch kills;
    private final InstantSource clock;

    ClockCorrection(PersonSignatures signatures, KillSwitch kills, InstantSource clock) {
        this.signatures = signatures;
        this.kills = kills;
        this.clock = clock;
    }

    /** The result of checking a signed statement. */
    public sealed interface CorrectionResult {
        /** The signer may confirm it. */
        record AllowedCorrection(String person, String key, KeyClass keyClass) implements CorrectionResult {}

        /** It does not count; a whole sentence says why. */
        record DeniedCorrection(String reason) implements CorrectionResult {}
    }

    /** Returns the statement that the clock is right: canonical JSON, to be signed within ten minutes. */
    public byte[] prepare(Seal seal) {
        return statement(seal, now());
    }

    private static byte[] statement(Seal seal, Instant opened) {
        return Json.object()
                .with("type", STATEMENT_TYPE)
                .with("clock_shows", opened.toString())
                .with("seal", seal.id())
                .with("expires", opened.plus(SIGNING_TIME).toString())
                .canonical();
    }

    /** Checks who confirms the clock by {@code statement}, and whether they may. */
    public CorrectionResult check(Seal seal, byte[] statement, String armored) {
        try {
            Instant opened = Instant.parse(Json.readObject(statement).text("clock_shows"));
            if (!Arrays.equals(statement, statement(seal, opened))) {
                return denied("The statement does not match the seal in force; request it again.");
            }
            if (now().isBefore(opened.minus(ClockWatch.TOLERANCE)) || !now().isBefore(opened.plus(SIGNING_TIME))) {
                return denied("The time to sign it has expired, or the clock was set meanwhile; request it again.");
            }
            PersonSignatures.VerifiedPersonSignature signed = signatures.verify(seal, NAMESPACE, statement, armored);
            return objection(seal, signed)
                    .map(ClockCorrection::denied)
                    .orElseGet(() -> new CorrectionResult.AllowedCorrection(
                            signed.person().name(), signed.key(), signed.keyClass()));
        } catch (MalformedException | DateTimeException e) {
            return denied("The statement cannot be read: " + e.getMessage() + ".");
        } catch (BadSignatureException e) {
            return denied("The signature does not count: " + e.getMessage() + ".");
        }
    }

    private static CorrectionResult denied(String reason) {
        return new CorrectionResult.DeniedCorrection(reason);
    }

    // The same rules as for kills: a correction can make leases valid for longer, and an agent may be able to use its
    // owner's software key.
    private Optional<String> objection(Seal seal, PersonSignatures.VerifiedPersonSignature signed) {
        String person = signed.person().name();
        if (kills.isKilled(person)) {
            return Optional.of("`" + person + "` is stopped by a kill and cannot confirm the clock.");
        }
        if (!signed.person().groups().contains(SealDocument.OWNERS)) {
            return Optional.of("`" + person + "` is not in `" + SealDocument.OWNERS + "`.");
        }
        boolean hasAgent =
                seal.agents().values().stream().anyMatch(agent -> agent.owner().equals(person));
        return signed.keyClass() == KeyClass.SOFTWARE && hasAgent
                ? Optional.of("`" + person + "` owns an agent, which may be able to use their software key: sign with a hardware key, or ask another person.")
                : Optional.empty();
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }
}
