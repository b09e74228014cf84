package dev.interlock.front.http;

import dev.interlock.action.Refusal;
import java.util.Optional;

/** A request that has no single reading, one that is not spoken here, or one that there is no room for. */
final class UnreadableException extends Exception implements Received {

    private static final long serialVersionUID = 1L;

    private final transient Refusal refusal;
    private final boolean broken;
    private final transient Optional<RequestHead> head;

    private UnreadableException(Refusal refusal, boolean broken) {
        this(refusal, broken, Optional.empty());
    }

    private UnreadableException(Refusal refusal, boolean broken, Optional<RequestHead> head) {
        super(refusal.reason(), null, false, false);
        this.refusal = refusal;
        this.broken = broken;
        this.head = head;
    }

    /** The same, of a request whose head was {@code seen}, as far as it could be: for the credentials in it. */
    UnreadableException of(RequestHead seen) {
        return new UnreadableException(refusal, broken, Optional.of(seen));
    }

    Optional<RequestHead> head() {
        return head;
    }

    /** The bytes themselves are ambiguous: nobody can say where the request ends, so the connection must close. */
    static UnreadableException broken(String reason) {
        return new UnreadableException(
                Refusal.notUnderstood(reason, "Send one well-formed HTTP/1.1 request at a time."), true);
    }

    /** The rest of the connection would be another protocol, which is not spoken here. */
    static UnreadableException anotherProtocol(String reason) {
        return new UnreadableException(
                Refusal.notUnderstood(
                        reason, "Use the provider's HTTP API; ask again as often as you need to hear of changes."),
                true);
    }

    /** The port speaks TLS, and the client does not. What it sent in the clear is not looked at. */
    static UnreadableException inTheClear() {
        return new UnreadableException(
                Refusal.notUnderstood(
                        "This port speaks TLS, and the request came in the clear.",
                        "Send it to the same port with https:// instead of http://."),
                true);
    }

    /** The request is whole, but asks for something that is not spoken here. */
    static UnreadableException refused(String reason, String next) {
        return new UnreadableException(Refusal.notUnderstood(reason, next), false);
    }

    /** The request is understood, and goes nowhere. */
    static UnreadableException denied(Refusal refusal) {
        return new UnreadableException(refusal, false);
    }

    /** A tunnel was opened, and what comes through it is not encrypted. What it says is not looked at. */
    static UnreadableException inTheClearThroughATunnel() {
        return new UnreadableException(
                Refusal.notUnderstood(
                        "A tunnel was opened, and something else than TLS came through it.",
                        "Speak TLS after CONNECT; for http:// ask the proxy with the whole URL instead."),
                true);
    }

    /** The request may be sound, but there is no room for it now. */
    static UnreadableException crowded() {
        return new UnreadableException(
                Refusal.unavailable(
                        "So many large requests arrive at once that there is no memory left for this one.",
                        "Send the identical request again in a moment."),
                false);
    }

    Refusal refusal() {
        return refusal;
    }

    boolean isBroken() {
        return broken;
    }
}
