package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.FairSemaphore;
import dev.interlock.gate.ResponseRedactor;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * Passes an answer on without the secrets in it. The answer is read whole before its head is passed on, because its
 * content decides. An answer that is too long, or not understood, is withheld. Threading: any; at most
 * {@link #MAX_AT_ONCE} answers lie in memory at once.
 */
final class RedactedAnswer {

    static final int MAX_BODY = 1024 * 1024;
    /** Maximum bytes of the result. A reference may be longer than its value, so many short values grow. */
    static final int MAX_MADE = 2 * MAX_BODY;

    static final int MAX_AT_ONCE = 8;
    /** Maximum wait for a turn. Nobody waits longer; the call has been made, and its answer is withheld. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final FairSemaphore room = new FairSemaphore(MAX_AT_ONCE);
    private final Object looking = new Object();

    /** @param holder the owner of the answer, as far as the front knows; each may have only so many here */
    UpstreamAnswer of(UpstreamAnswer answer, ResponseRedactor redactor, String holder) throws IOException {
        if (answer.isPart()) {
            return answer.withheld("it may contain secrets and is a partial response");
        }
        if (!room.acquire(holder, PATIENCE)) {
            return answer.withheld("too many answers with secrets are in flight");
        }
        boolean kept = false;
        try {
            Optional<Bytes> whole = answer.whole(MAX_BODY);
            if (whole.isEmpty()) {
                return answer.withheld("it may contain secrets and is longer than " + MAX_BODY + " bytes");
            }
            Optional<Bytes> redacted = whole.get().length() == 0 ? whole : over(whole.get(), redactor);
            if (redacted.isEmpty()) {
                return answer.withheld("it may contain secrets and is not valid JSON");
            }
            Bytes body = redacted.get();
            if (body.length() > MAX_MADE) {
                return answer.withheld("it is too long with references in place of its secrets");
            }
            kept = true;
            return answer.replacedBy(body.toArray()).whenClosed(() -> room.release(holder));
        } finally {
            if (!kept) {
                room.release(holder);
            }
        }
    }

    /** Redacts one answer after the other: a parsed answer takes many times its bytes while it is searched. */
    private Optional<Bytes> over(Bytes whole, ResponseRedactor redactor) {
        synchronized (looking) {
            return redactor.over(whole);
        }
    }
}
