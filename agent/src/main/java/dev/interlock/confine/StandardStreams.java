package dev.interlock.confine;

import java.lang.ProcessBuilder.Redirect;

record StandardStreams(Redirect in, Redirect out, Redirect err) {

    static StandardStreams inherited() {
        return new StandardStreams(Redirect.INHERIT, Redirect.INHERIT, Redirect.INHERIT);
    }

    void applyTo(ProcessBuilder builder) {
        builder.redirectInput(in).redirectOutput(out).redirectError(err);
    }
}
