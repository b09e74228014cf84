package dev.interlock.confine;

/**
 * Thrown if the sandbox cannot be built as asked; nothing was started then. The message is a whole sentence for a
 * person.
 */
public final class SandboxException extends Exception {

    private static final long serialVersionUID = 1L;

    public enum SandboxFault {
        /** The request itself: no machine could carry it out. */
        ORDER,
        /** The gateway, which refuses. */
        GATEWAY,
        /** The present state of this machine. */
        MACHINE
    }

    private final String next;
    private final SandboxFault fault;

    SandboxException(String reason, String next) {
        this(reason, next, SandboxFault.MACHINE);
    }

    private SandboxException(String reason, String next, SandboxFault fault) {
        super(reason);
        this.next = next;
        this.fault = fault;
    }

    static SandboxException ofOrder(String reason, String next) {
        return new SandboxException(reason, next, SandboxFault.ORDER);
    }

    static SandboxException ofGateway(String reason, String next) {
        return new SandboxException(reason, next, SandboxFault.GATEWAY);
    }

    public SandboxFault fault() {
        return fault;
    }

    /** Returns the next step, as a sentence or a command. */
    public String next() {
        return next;
    }
}
