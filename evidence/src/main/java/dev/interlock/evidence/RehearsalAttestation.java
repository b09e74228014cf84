package dev.interlock.evidence;

import java.util.Map;
import java.util.Optional;

/** The signed attestation of a person who has rehearsed a recovery ({@code docs/formats/backup.md}): the signer. */
public final class RehearsalAttestation {

    /** The SSHSIG namespace for these attestations, and nothing else. */
    public static final String NAMESPACE = "interlock-rehearsal@v1";

    /** The type of the JSON value. */
    public static final String TYPE = "interlock-rehearsal@v1";

    private RehearsalAttestation() {}

    /** Returns what is wrong with a rehearsal in {@code act} that its person did not sign; empty without the seal. */
    static Optional<String> objection(Receipt act, Map<String, SealDocument> seals) {
        Json.Members members = act.members();
        // A rejected attempt names no rehearsal and claims nothing.
        if (!act.isAct("backup.rehearsal") || members.get("rehearsal").isEmpty()) {
            return Optional.empty();
        }
        try {
            SealDocument seal = seals.get(members.text("seal"));
            return seal == null ? Optional.empty() : objection(members, seal);
        } catch (MalformedException | BadSignatureException e) {
            return Optional.of("its rehearsal attestation is not valid: " + e.getMessage());
        }
    }

    private static Optional<String> objection(Json.Members members, SealDocument seal) throws BadSignatureException {
        Json.Members said = members.object("rehearsal");
        if (!said.get("type").equals(Optional.of(new Json.Text(TYPE)))) {
            return Optional.of("its attestation is not a rehearsal");
        }
        Signer signer = PersonSignature.parse(members.text("signature")).signer(seal, said.canonical(), NAMESPACE);
        seal.requireClass(signer);
        return signer.person().equals(members.text("person"))
                ? Optional.empty()
                : Optional.of("it names a person other than the signer");
    }
}
