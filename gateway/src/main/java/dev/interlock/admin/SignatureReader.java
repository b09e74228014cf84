package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.adminapi.SignedStatement;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.identity.SignedOrders;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.people.PasskeyCopiedException;
import dev.interlock.people.PasskeyRefusedException;
import dev.interlock.people.Passkeys;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Reads the signatures that people send: an SSHSIG as it is, an assertion by a passkey with its counter counted.
 *
 * @param isKilled whether the signatures of the person of that name count for nothing
 */
public record SignatureReader(Passkeys passkeys, Predicate<String> isKilled, Consumer<Alert> alerts) {

    /** Requires that no kill stops {@code person}. */
    void requireAlive(String person) throws AdminRefusedException {
        if (isKilled.test(person)) {
            throw new AdminRefusedException("refused", killed(person), "Lift the kill first.");
        }
    }

    static String killed(String person) {
        return "`" + person + "` is stopped by a kill and cannot sign.";
    }

    /**
     * Records {@code result}, and returns the order if it is allowed. What it orders takes effect after that.
     *
     * @param details returns what the receipt says of its subject
     * @param next what to do if it is denied
     */
    static <T> SignedOrders.OrderResult.SignedOrder<T> recorded(
            AdminRequest<?> request, SignedOrders.OrderResult<T> result, Function<T, Json.Members> details, String next)
            throws AdminRefusedException, LedgerUnavailableException {
        return switch (result) {
            case SignedOrders.OrderResult.DeniedOrder<T>(String reason) -> {
                request.entry().record(Json.object().with("result", "rejected").with("reason", reason));
                throw new AdminRefusedException("refused", reason, next);
            }
            case SignedOrders.OrderResult.SignedOrder<T> order -> {
                request.entry()
                        .record(details.apply(order.subject())
                                .with("result", "accepted")
                                .with("signer", order.person())
                                .with("key", order.key())
                                .with("key_class", order.keyClass().attested()));
                yield order;
            }
        };
    }

    /** A signature as a peer sent it, over {@code statement}. */
    record SignatureToRead(Bytes statement, Json signature) {}

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
                            + "` went backwards, so the passkey may exist twice. Ask this person, and revoke it unless they can explain it.",
                    Map.of("passkey", copied.key(), "person", copied.person())));
        }
    }

    static AdminRefusedException refused(PasskeyRefusedException e) {
        return new AdminRefusedException("refused", e.reason(), "Nothing has changed. See `interlock key list`.");
    }
}
