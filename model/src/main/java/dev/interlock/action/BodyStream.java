package dev.interlock.action;

/** A body that is still with the client because it is too long to buffer. It is read once, after the decision. */
public interface BodyStream {

    /** The number of bytes that it will have. */
    long length();
}
