package dev.interlock.confine;

/** The sandbox cannot be built as asked, and so nothing was started. The message is a whole sentence for a person. */
public final class UnconfinableException extends Exception {

    private static final long serialVersionUID = 1L;

    /** What stands in the way. */
    public enum Fault {
        /** What was asked for: no machine could carry it out. */
        ORDER,
        /** The gateway, which says no. */
        GATEWAY,
        /** What there is on this machine. */
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

    /** Of an order that no machine could carry out: whoever gave it named something wrong. */
    static UnconfinableException ofOrder(String reason, String next) {
        return new UnconfinableException(reason, next, Fault.ORDER);
    }

    /** Of a gateway that refuses to open a place. */
    static UnconfinableException ofGateway(String reason, String next) {
        return new UnconfinableException(reason, next, Fault.GATEWAY);
    }

    /** Whose fault it is. */
    public Fault fault() {
        return fault;
    }

    /** The next step, as a sentence or a command. */
    public String next() {
        return next;
    }
}
