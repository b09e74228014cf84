package dev.interlock.evidence;

/** An attestation with a valid signature for a plan that the seal does not have, or has for another resource. */
public final class UnknownPlanException extends MalformedException {

    UnknownPlanException(String plan, String of) {
        super("the seal has no plan `" + plan + "` that saves `" + of + "`");
    }
}
