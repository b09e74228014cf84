package dev.interlock.admin;

import java.util.List;

/** Commands about one subject. {@link Administration} registers them and carries them out. */
public interface CommandGroup {

    List<Command<?>> commands();

    /** Takes up again what was under way when the gateway ended. Called once, before any command. */
    default void resume() {}

    /** Does periodic work, such as closing what has expired. Called every few seconds. */
    default void runPeriodically() {}
}
