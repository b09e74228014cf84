package dev.interlock.backup.run;

@FunctionalInterface
public interface Progress {

    /** Reports a step; {@code bytes} is 0 if they are not counted. */
    void at(String doing, long bytes);
}
