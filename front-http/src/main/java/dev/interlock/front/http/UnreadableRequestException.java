package dev.interlock.front.http;

import dev.interlock.action.Refusal;
import java.util.Optional;

/** Thrown for a request that has no single reading, uses something that is not supported, or finds no room. */
final class UnreadableRequestException extends Exception implements ReceivedRequest {

    private static final long serialVersionUID = 1L;

    private final transient Refusal refusal;
    private final boolean broken;
    private final transient Optional<RequestHead> head;

    private UnreadableRequestException(Refusal refusal, boolean broken) {
        this(refusal, broken, Optional.empty());
    }

    private UnreadableRequestException(Refusal refusal, boolean broken, Optional<RequestHead> head) {
        super(refusal.reason(), null, false, false);
        this.refusal = refusal;
        this.broken = broken;
        this.head = head;
    }

    /** Returns the same for a request whose head was {@code seen}, as far as possible: for the credentials in it. */
    UnreadableRequestException of(RequestHead seen) {
        return new UnreadableRequestException(refusal, broken, Optional.of(seen));
    }

    Optional<RequestHead> head() {
        return head;
    }

    /** Returns one for ambiguous bytes. Nobody can say where the request ends, so the connection must close. */
    static UnreadableRequestException broken(String reason) {
        return new UnreadableRequestException(
                Refusal.notUnderstood(reason, "Send one well-formed HTTP/1.1 request at a time."), true);
    }

    /** Returns one for a switch to another protocol, which is not supported here. */
    static UnreadableRequestException anotherProtocol(String reason) {
        return new UnreadableRequestException(
                Refusal.notUnderstood(reason, "Use the provider's HTTP API, and poll it for changes."), true);
    }

    /** Returns one for a cleartext client on a TLS port. The bytes that it sent in the clear are not read. */
    static UnreadableRequestException inTheClear() {
        return new UnreadableRequestException(
                Refusal.notUnderstood(
                        "This port expects TLS, but the request came unencrypted.",
                        "Send it to the same port with https:// instead of http://."),
                true);
    }

    /** Returns one for a request that is whole, but asks for something that is not supported here. */
    static UnreadableRequestException refused(String reason, String next) {
        return new UnreadableRequestException(Refusal.notUnderstood(reason, next), false);
    }

    /** Returns one for a request that is understood, and leads nowhere. */
    static UnreadableRequestException denied(Refusal refusal) {
        return new UnreadableRequestException(refusal, false);
    }

    /** Returns one for a tunnel whose content is not encrypted. The content is not read. */
    static UnreadableRequestException inTheClearThroughATunnel() {
        return new UnreadableRequestException(
                Refusal.notUnderstood(
                        "A tunnel was opened, but something other than TLS came through it.",
                        "Use TLS after CONNECT; for http:// send the proxy the absolute URL instead."),
                true);
    }

    /** Returns one for a request that may be sound, but finds no room now. */
    static UnreadableRequestException outOfMemory() {
        return new UnreadableRequestException(
                Refusal.unavailable(
                        "Too many large requests arrive at once; no memory is left for this one.",
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
