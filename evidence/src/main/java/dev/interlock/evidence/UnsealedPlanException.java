package dev.interlock.evidence;

/** A word about a backup that somebody who counts signed, of a plan that the seal does not name for what it is of. */
public final class UnsealedPlanException extends MalformedException {

    private static final long serialVersionUID = 1L;

    UnsealedPlanException(String plan, String of) {
        super("the seal has no plan `" + plan + "` that saves `" + of + "`");
    }
}
