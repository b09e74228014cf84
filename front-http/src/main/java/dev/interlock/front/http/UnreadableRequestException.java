package dev.interlock.front.http;

import dev.interlock.action.Refusal;
import dev.interlock.action.RefusalText;
import java.util.Optional;

/** Thrown for a request that has no single reading, uses something that is not supported, or finds no room. */
final class UnreadableRequestException extends Exception implements ReceivedRequest {

    private static final long serialVersionUID = 1L;

    private final transient Refusal refusal;
    private final boolean broken;
    private final transient Optional<RequestHead> head;

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
    static UnreadableRequestException broken(RefusalText text, Object... values) {
        return new UnreadableRequestException(text.notUnderstood(values), true, Optional.empty());
    }

    static UnreadableRequestException refused(RefusalText text, Object... values) {
        return new UnreadableRequestException(text.notUnderstood(values), false, Optional.empty());
    }

    /** Returns one for a request that is understood, and leads nowhere. */
    static UnreadableRequestException denied(Refusal refusal) {
        return new UnreadableRequestException(refusal, false, Optional.empty());
    }

    /** Returns one for a request that may be sound, but finds no room now. */
    static UnreadableRequestException outOfMemory() {
        return denied(FrontRefusals.NO_MEMORY.unavailable());
    }

    Refusal refusal() {
        return refusal;
    }

    boolean isBroken() {
        return broken;
    }
}
