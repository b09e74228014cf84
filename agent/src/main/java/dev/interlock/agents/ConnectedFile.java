package dev.interlock.agents;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/**
 * A file of settings that {@code connect} writes. Its texts have placeholders, such as <code>{base}</code>.
 *
 * @param file below the home
 * @param when the condition under which it is written
 * @param comments whether its program accepts comments
 * @param settings the members to set, if others may be there
 * @param rivals settings that would lead the agent past the gateway
 * @param text the pieces of the whole file, if nothing else may be there
 * @param servers whether the servers of MCP are among them
 * @param option of the agent that names the file, if it needs one
 */
public record ConnectedFile(
        String file,
        Optional<String> when,
        boolean comments,
        List<Setting> settings,
        List<Rival> rivals,
        List<Piece> text,
        boolean servers,
        Optional<String> option) {

    public ConnectedFile {
        settings = CodingAgent.list(settings);
        rivals = CodingAgent.list(rivals);
        text = CodingAgent.list(text);
    }

    /** A member of a file. */
    public record Setting(Optional<String> when, List<String> at, JsonNode is) {}

    /** A setting that is reported, and left to its author. */
    public record Rival(List<String> at, String why) {}

    /** A piece of a text. */
    public record Piece(Optional<String> when, String is) {}
}
