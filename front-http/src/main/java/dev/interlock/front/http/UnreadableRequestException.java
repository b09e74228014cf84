package dev.interlock.front.http;

import dev.interlock.action.Refusal;
import dev.interlock.action.RefusalText;
import java.util.Optional;

/** Thrown for a request that has no single reading, uses something that is not supported, or finds no room. */
final class UnreadableRequestException extends Exception implements ReceivedRequest {

    private static final long serialVersionUID = 1L;

    private final transient Refusal refusal;
    private final int status;
    private final transient Optional<RequestHead> head;

    private UnreadableRequestException(Refusal refusal, int status, Optional<RequestHead> head) {
        super(refusal.reason(), null, false, false);
        this.refusal = refusal;
        this.status = status;
        this.head = head;
    }

    /** Returns the same for a request whose head was {@code seen}, as far as possible: for the credentials in it. */
    UnreadableRequestException of(RequestHead seen) {
        return new UnreadableRequestException(refusal, status, Optional.of(seen));
    }

    Optional<RequestHead> head() {
        return head;
    }

    /** Returns one for ambiguous bytes. Nobody can say where the request ends, so the connection must close. */
    static UnreadableRequestException broken(RefusalText text, Object... values) {
        return new UnreadableRequestException(text.notUnderstood(values), 400, Optional.empty());
    }

    static UnreadableRequestException refused(RefusalText text, Object... values) {
        return new UnreadableRequestException(text.notUnderstood(values), 403, Optional.empty());
    }

    /** Returns one for a request that is understood, and leads nowhere. */
    static UnreadableRequestException denied(Refusal refusal) {
        return new UnreadableRequestException(refusal, 403, Optional.empty());
    }

    /** Returns one for a request to the proxy without any credential: many clients send theirs only when asked. */
    static UnreadableRequestException unauthenticated() {
        return new UnreadableRequestException(FrontRefusals.NO_LEASE, ProblemDetails.CHALLENGE, Optional.empty());
    }

    /** Returns one for a request that may be sound, but finds no room now. */
    static UnreadableRequestException outOfMemory() {
        return denied(FrontRefusals.NO_MEMORY.unavailable());
    }

    Refusal refusal() {
        return refusal;
    }

    /** Returns the status of the answer in plain HTTP. */
    int status() {
        return status;
    }
}
