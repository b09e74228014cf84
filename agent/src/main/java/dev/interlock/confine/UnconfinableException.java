package dev.interlock.confine;

/**
 * Thrown if the sandbox cannot be built as asked; nothing was started then. The message is a whole sentence for a
 * person.
 */
public final class UnconfinableException extends Exception {

    private static final long serialVersionUID = 1L;

    /** The origin of the problem. */
    public enum Fault {
        /** The request itself: no machine could carry it out. */
        ORDER,
        /** The gateway, which refuses. */
        GATEWAY,
        /** The present state of this machine. */
        MACHINE
    }

    private final String next;
    private final Fault fault;

    UnconfinableException(String reason, String next) {
        this(reason, next, Fault.MACHINE);
    }

    private UnconfinableException(String reason, String next, Fault fault) {
        super(reason);
        this.next = next;
        this.fault = fault;
    }

    /** Returns one for a request that no machine could carry out, because it names something wrong. */
    static UnconfinableException ofOrder(String reason, String next) {
        return new UnconfinableException(reason, next, Fault.ORDER);
    }

    /** Returns one for a gateway that refuses to open a place. */
    static UnconfinableException ofGateway(String reason, String next) {
        return new UnconfinableException(reason, next, Fault.GATEWAY);
    }

    /** Returns the origin of the problem. */
    public Fault fault() {
        return fault;
    }

    /** Returns the next step, as a sentence or a command. */
    public String next() {
        return next;
    }
}
