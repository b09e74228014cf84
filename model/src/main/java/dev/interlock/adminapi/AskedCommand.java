package dev.interlock.adminapi;

import dev.interlock.evidence.Json;

/** One line that a peer sends: the name of a command, and the arguments of its {@link Question}. */
public record AskedCommand(String command, Json.Members arguments) {

    @Override
    public String toString() {
        return command; // some arguments are secret
    }
}
