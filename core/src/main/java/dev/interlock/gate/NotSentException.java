package dev.interlock.gate;

import dev.interlock.action.Refusal;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Says that nothing was sent upstream, or that the upstream certainly did not process it. */
public final class NotSentException extends IOException {

    private static final long serialVersionUID = 1L;

    private final transient @Nullable Refusal refusal;

    public NotSentException(String message, Throwable cause) {
        super(message, cause);
        refusal = null;
    }

    public NotSentException(String message) {
        super(message);
        refusal = null;
    }

    /** Says that nothing was sent, for a reason that the agent is told. */
    public NotSentException(Refusal refusal) {
        super(refusal.reason());
        this.refusal = refusal;
    }

    /** Returns what the agent is told; empty if nothing more than that nothing was sent. */
    Optional<Refusal> refusal() {
        return Optional.ofNullable(refusal);
    }
}
