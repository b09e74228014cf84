package dev.interlock.evidence;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The signed result of a restore test ({@code docs/formats/backup.md}): an attestation. {@code wrong} is empty if
 * everything was restored; {@code takenAt} is {@link Instant#MIN} if the backup could not even be read.
 */
public record RestoreAttestation(
        String plan, String of, String backup, Instant triedAt, List<String> wrong, Instant takenAt) {

    public static final String NAMESPACE = "interlock-restore@v1";
    public static final String TYPE = "interlock-restore@v1";
    private static final String APART = "apart";
    private static final String ORIGIN = "origin_sha256";
    private static final String TARGET = "target_sha256";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

    public RestoreAttestation {
        wrong = List.copyOf(wrong);
    }

    /** Returns whether {@code name} is one word. Readers could take a longer one for the signer's text. */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    public boolean isWhole() {
        return wrong.isEmpty();
    }

    /** Returns whether the tester saw the backup on another device than its source; otherwise only the seal says so. */
    public static boolean isSeparationSeen(Json.Members said) {
        return said.optionalText("separation").filter(APART::equals).isPresent();
    }

    public static Optional<String> origin(Json.Members said) {
        return said.optionalText(ORIGIN);
    }

    public static Optional<String> target(Json.Members said) {
        return said.optionalText(TARGET);
    }

    /** Reads {@code json} if an attesting key of {@code sealed} signed exactly that, and the seal has its plan. */
    public static RestoreAttestation verify(SealDocument.AttestationRules sealed, Json.Members json, String signature)
            throws BadSignatureException {
        requireAttester(sealed, json, signature);
        RestoreAttestation restoration = read(json);
        SealDocument.SealedPlan plan = sealed.plans().get(restoration.plan());
        if (plan == null || !plan.of().equals(restoration.of())) {
            throw new UnknownPlanException(restoration.plan(), restoration.of());
        }
        return restoration;
    }

    /** Returns what is wrong with an attestation in {@code act} that no attester signed; empty without the seal. */
    static Optional<String> objection(Receipt act, Map<String, SealDocument> seals) {
        Json.Members members = act.members();
        if (!act.isAct("backup.attest") || members.get("attestation").isEmpty()) { // a rejected attempt claims nothing
            return Optional.empty();
        }
        try {
            SealDocument seal = seals.get(members.text("seal"));
            if (seal != null) {
                requireAttester(seal.backups(), members.object("attestation"), members.text("signature"));
            }
            return Optional.empty();
        } catch (MalformedException | BadSignatureException e) {
            return Optional.of("its attestation of a backup is not valid: " + e.getMessage());
        }
    }

    private static void requireAttester(SealDocument.AttestationRules sealed, Json.Members json, String signature)
            throws BadSignatureException {
        SshPublicKey key = SshSignature.parse(signature).verify(json.canonical(), NAMESPACE);
        if (!sealed.attesters().contains(key)) {
            throw new BadSignatureException("`" + key + "` is not a key that the seal names for backups");
        }
    }

    private static RestoreAttestation read(Json.Members json) {
        StrictFields fields = new StrictFields(json);
        fields.constant("type", TYPE);
        String plan = fields.name("plan");
        String of = fields.name("of");
        String backup = fields.name("backup");
        if (!isName(backup)) {
            throw new MalformedException("its `backup` is not the name of a backup");
        }
        Instant triedAt = fields.instant("tried_at");
        boolean restored = fields.flag("restored");
        List<String> wrong = fields.texts("wrong");
        if (restored != wrong.isEmpty()) {
            throw new MalformedException("it states both a restore time and faults");
        }
        boolean known = fields.optionalText("taken_at").isPresent();
        if (known) {
            fields.name("separation");
            requireAmount(fields);
            fields.count("changed");
            fields.count("took_seconds");
            fields.digest(ORIGIN);
            fields.digest(TARGET);
        }
        Instant takenAt = known ? fields.instant("taken_at") : Instant.MIN;
        if (restored && (!known || takenAt.isAfter(triedAt))) {
            throw new MalformedException("it states a restore time but not when the backup was taken");
        }
        fields.end();
        return new RestoreAttestation(plan, of, backup, triedAt, wrong, takenAt);
    }

    private static void requireAmount(StrictFields fields) {
        if (fields.optionalCount("files").isPresent()) {
            fields.count("content_bytes");
        } else {
            fields.count("tables");
            fields.count("rows");
        }
    }
}
