package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * One signature of a confirmation. It is over the statement itself, or over a list that names the statement, which it
 * then carries. Nothing but a statement can be confirmed by such a list.
 */
public record ConfirmationSignature(Optional<StatementList> list, PersonSignature by) {

    private static final String SIGNATURE = "signature";

    /** Reads any form: an armored SSHSIG, an assertion, or a list with one of these. */
    public static ConfirmationSignature parse(String text) {
        if (!text.startsWith("{")) {
            return new ConfirmationSignature(Optional.empty(), PersonSignature.parse(text));
        }
        if (text.length() > 2 * PersonSignature.MAX_LENGTH) {
            throw new MalformedException(
                    "the signature is longer than " + 2 * PersonSignature.MAX_LENGTH + " characters");
        }
        Json.Members members = Json.readObject(text.getBytes(StandardCharsets.UTF_8));
        if (members.get("statements").isEmpty()) {
            return new ConfirmationSignature(Optional.empty(), PersonSignature.parse(text));
        }
        StrictFields fields = new StrictFields(members);
        StatementList list = StatementList.beside(fields);
        Json signature = members.get(SIGNATURE).orElseThrow(() -> new MalformedException("`signature` is missing"));
        fields.passOver(SIGNATURE);
        fields.end();
        return new ConfirmationSignature(
                Optional.of(list),
                PersonSignature.parse(
                        signature instanceof Json.Text armored ? armored.value() : signature.canonicalText()));
    }

    public String text() {
        return list.map(signed -> signed.json().with(SIGNATURE, by.json()).canonicalText())
                .orElseGet(() -> by.json() instanceof Json.Text armored
                        ? armored.value()
                        : by.json().canonicalText());
    }

    /** Returns the bytes that must have been signed to confirm {@code statement}; bad if its list does not name it. */
    public byte[] signed(Statement statement) throws BadSignatureException {
        if (list.isEmpty()) {
            return statement.canonical();
        }
        // INVARIANT: only what stood in the list when it was signed is confirmed by it.
        if (!list.get().contains(statement)) {
            throw new BadSignatureException("the signed list does not contain this statement");
        }
        return list.get().canonical();
    }

    Signer signer(SealDocument seal, Statement statement) throws BadSignatureException {
        return by.signer(seal, signed(statement), Statement.NAMESPACE);
    }
}
