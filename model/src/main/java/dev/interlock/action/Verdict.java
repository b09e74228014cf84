package dev.interlock.action;

/** The decision about an attempt as a whole. */
public sealed interface Verdict {

    Grounds grounds();

    /** Returns the combination: the stricter of the two, with the obligations of both. */
    default Verdict and(Verdict that) {
        return switch (this) {
            case Refuse refuse -> refuse;
            case Permit permit -> that.under(permit.grounds(), Obligations.NONE);
            case Hold hold -> that.under(hold.grounds(), hold.obligations());
        };
    }

    private Verdict under(Grounds more, Obligations besides) {
        return switch (this) {
            case Refuse refuse -> refuse;
            case Permit(Grounds grounds) -> of(grounds.and(more), besides);
            case Hold(Grounds grounds, Obligations own) -> of(grounds.and(more), own.and(besides));
        };
    }

    private static Verdict of(Grounds grounds, Obligations obligations) {
        return obligations.isEmpty() ? new Permit(grounds) : new Hold(grounds, obligations);
    }

    /** It may be sent now. */
    record Permit(Grounds grounds) implements Verdict {}

    /** It may be sent once {@code obligations} are met. */
    record Hold(Grounds grounds, Obligations obligations) implements Verdict {}

    /** It may not be sent. */
    record Refuse(Grounds grounds, Refusal refusal) implements Verdict {}
}
