package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.adminapi.SignedStatement;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.people.PasskeyCopiedException;
import dev.interlock.people.PasskeyRefusedException;
import dev.interlock.people.Passkeys;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads the signatures that people send: an SSHSIG as it is, an assertion by a passkey with its counter counted. */
public record SignatureReader(Passkeys passkeys, Consumer<Alert> alerts) {

    /**
     * A signature as a peer sent it.
     *
     * @param statement what it is over
     */
    record SignatureToRead(Bytes statement, Json signature) {}

    /** Returns the statement that a peer signed, with the signature over it as it was read. */
    ReadStatement read(AdminRequest<?> request, String namespace, SignedStatement signed)
            throws AdminRefusedException, LedgerUnavailableException {
        Bytes statement = Bytes.utf8(signed.statement());
        return new ReadStatement(
                statement, read(request, namespace, new SignatureToRead(statement, signed.signature()), Json.object()));
    }

    /** A statement, and the signature over it in the form in which other packages verify it. */
    record ReadStatement(Bytes statement, String signature) {}

    /**
     * Returns {@code asked} in the form in which other packages verify it. For an assertion, that form names the stored
     * enrolment, and its counter is counted. An SSHSIG is returned as it is; the package that verifies it decides
     * whether it counts.
     *
     * @param about details for the receipt of an assertion that does not count
     */
    String read(AdminRequest<?> request, String namespace, SignatureToRead asked, Json.Members about)
            throws AdminRefusedException, LedgerUnavailableException {
        String signature = browserJson(asked.signature());
        if (!isAssertion(signature)) {
            return signature;
        }
        try {
            return passkeys.verifySignature(
                            request.seal(), namespace, asked.statement().toArray(), signature)
                    .text();
        } catch (PasskeyRefusedException e) {
            request.entry().record(about.with("result", "rejected").with("reason", e.reason()));
            alertIfCopied(e);
            throw refused(e);
        }
    }

    private static boolean isAssertion(String signature) {
        return signature.stripLeading().startsWith("{");
    }

    /** Returns what a browser sends as an object, and a terminal passes on as a text, as a text. */
    static String browserJson(Json sent) {
        return switch (sent) {
            case Json.Members object -> object.canonicalText();
            case Json.Text(String text) -> text;
            case Json.Whole _, Json.Flag _, Json.Nothing _, Json.Array _ ->
                throw new MalformedException("a signature or credential is not a string or an object");
        };
    }

    /** Raises an alarm if the counter of the passkey went back. */
    void alertIfCopied(PasskeyRefusedException e) {
        if (e instanceof PasskeyCopiedException copied) {
            alerts.accept(new Alert(
                    Alert.AlertKind.PASSKEY_COPIED,
                    Alert.Severity.ALARM,
                    "The counter of a passkey of `" + copied.person()
                            + "` went backwards, so the passkey may exist twice. Ask this person, and revoke it unless"
                            + " they can explain it.",
                    Map.of("passkey", copied.key(), "person", copied.person()),
                    Optional.empty()));
        }
    }

    static AdminRefusedException refused(PasskeyRefusedException e) {
        return new AdminRefusedException("refused", e.reason(), "Nothing has changed. See `interlock key list`.");
    }
}
