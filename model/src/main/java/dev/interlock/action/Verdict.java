package dev.interlock.action;

/** The decision about an attempt as a whole. */
public sealed interface Verdict {

    VerdictReasons grounds();

    default Verdict and(Verdict that) {
        return switch (this) {
            case Refuse refuse -> refuse;
            case Permit permit -> that.under(permit.grounds(), Obligations.NONE);
            case Hold hold -> that.under(hold.grounds(), hold.obligations());
        };
    }

    private Verdict under(VerdictReasons more, Obligations besides) {
        return switch (this) {
            case Refuse refuse -> refuse;
            case Permit(VerdictReasons grounds) -> of(grounds.and(more), besides);
            case Hold(VerdictReasons grounds, Obligations own) -> of(grounds.and(more), own.and(besides));
        };
    }

    private static Verdict of(VerdictReasons grounds, Obligations obligations) {
        return obligations.isEmpty() ? new Permit(grounds) : new Hold(grounds, obligations);
    }

    /** It may be sent now. */
    record Permit(VerdictReasons grounds) implements Verdict {}

    /** It may be sent once {@code obligations} are met. */
    record Hold(VerdictReasons grounds, Obligations obligations) implements Verdict {}

    /** It may not be sent. */
    record Refuse(VerdictReasons grounds, Refusal refusal) implements Verdict {}
}
