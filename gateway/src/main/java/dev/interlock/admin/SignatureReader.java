package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.people.PasskeyCopiedException;
import dev.interlock.people.PasskeyRefusedException;
import dev.interlock.people.Passkeys;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads the signatures that people send: an SSHSIG as it is, an assertion by a passkey with its counter counted. */
public final class SignatureReader {

    private final Passkeys passkeys;
    private final Consumer<Alert> alerts;

    public SignatureReader(Passkeys passkeys, Consumer<Alert> alerts) {
        this.passkeys = passkeys;
        this.alerts = alerts;
    }

    /** Returns the arguments of {@code request}, with the signature over their own {@code statement} as it was read. */
    Json.Members ofStatement(AdminRequest request, String namespace)
            throws AdminRefusedException, LedgerUnavailableException {
        Bytes statement = Bytes.utf8(request.text("statement"));
        return request.arguments().with("signature", read(request, namespace, statement, Json.object()));
    }

    /**
     * Returns the signature of {@code request} in the form in which other packages verify it. For an assertion, that
     * form names the stored enrolment, and its counter is counted. An SSHSIG is returned as it is; the package that
     * verifies it decides whether it counts.
     *
     * @param about details for the receipt of an assertion that does not count
     */
    String read(AdminRequest request, String namespace, Bytes statement, Json.Members about)
            throws AdminRefusedException, LedgerUnavailableException {
        String signature = browserJson(request.arguments(), "signature");
        if (!isAssertion(signature)) {
            return signature;
        }
        try {
            return passkeys.verifySignature(request.seal(), namespace, statement.toArray(), signature)
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

    /** Returns the argument {@code name} as a text: a browser sends an object, a terminal passes on a text. */
    static String browserJson(Json.Members arguments, String name) {
        return arguments.get(name).orElse(new Json.Nothing()) instanceof Json.Members object
                ? object.canonicalText()
                : arguments.text(name);
    }

    /** Raises an alarm if the counter of the passkey went back. */
    void alertIfCopied(PasskeyRefusedException e) {
        if (e instanceof PasskeyCopiedException copied) {
            alerts.accept(new Alert(
                    Alert.AlertKind.PASSKEY_COPIED,
                    Alert.Severity.ALARM,
                    "The counter of a passkey of `" + copied.person()
                            + "` went backwards, so the passkey may exist twice. Ask this "
                            + "person, and revoke it unless they can explain it.",
                    Map.of("passkey", copied.key(), "person", copied.person()),
                    Optional.empty()));
        }
    }

    static AdminRefusedException refused(PasskeyRefusedException e) {
        return new AdminRefusedException("refused", e.reason(), "Nothing has changed. See `interlock key list`.");
    }
}
