package dev.interlock.cli;

import dev.interlock.admin.AdminClient;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "hold",
        mixinStandardHelpOptions = true,
        description = "Attempts that wait for people.",
        footer = {
            "",
            "Example:",
            "  interlock hold list",
            "  interlock hold show H-01JD…",
            "  interlock hold sign H-01JD… --key ~/.ssh/id_ed25519_sk --type-name vol_x"
        })
final class HoldCommand {

    private static final Set<String> LIVE = Set.of("open", "signed");

    private final Terminal terminal;

    HoldCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "The holds that wait for people, or for the agent to use what people signed.",
            footer = {"", "Example:", "  interlock hold list --all --json"})
    int list(@Option(names = "--all", description = "Also the latest that ended.") boolean all, @Mixin Options own)
            throws Exception {
        Json.Members result = AdminClient.at(own.config().adminSocket()).call("hold.list", Json.object());
        List<Json.Members> holds = result.items("holds").stream()
                .map(Json.Members.class::cast)
                .filter(hold -> all || LIVE.contains(hold.text("state")))
                .toList();
        if (own.json()) {
            terminal.json(Json.object().with("holds", new Json.Array(List.copyOf(holds))));
            return Exit.OK;
        }
        terminal.table(
                List.of("HOLD", "STATE", "EXPIRES", "WHAT"),
                holds.stream()
                        .map(hold -> List.of(
                                hold.text("id"), hold.text("state"), hold.text("expires"), hold.text("summary")))
                        .toList());
        return Exit.OK;
    }

    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = "The whole of what would be signed, and what it would cost.",
            footer = {"", "Example:", "  interlock hold show H-01JD…"})
    int show(@Parameters(paramLabel = "HOLD") String hold, @Mixin Options own) throws Exception {
        Json.Members shown = AdminClient.at(own.config().adminSocket())
                .call("hold.show", Json.object().with("hold", hold));
        if (own.json()) {
            terminal.json(shown);
        } else {
            terminal.line(shown.text("rendering"));
        }
        return Exit.OK;
    }

    @Command(
            name = "sign",
            mixinStandardHelpOptions = true,
            description = "Sign a hold with an SSH key, after showing it.",
            footer = {"", "Example:", "  interlock hold sign H-01JD… --key ~/.ssh/id_ed25519_sk"})
    int sign(
            @Parameters(paramLabel = "HOLD") String hold,
            @Option(
                            names = "--key",
                            required = true,
                            description = "The key to sign with; a hardware key asks for a touch.")
                    Path key,
            @Option(
                            names = "--type-name",
                            description = "The name of what is lost, typed out, where policy demands it.")
                    @Nullable String typedName,
            @Mixin Options own)
            throws Exception {
        AdminClient daemon = AdminClient.at(own.config().adminSocket());
        Json.Members shown = daemon.call("hold.show", Json.object().with("hold", hold));
        byte[] statement = shown.text("statement").getBytes(StandardCharsets.UTF_8);
        String words = words(hold, statement);
        if (own.json()) {
            terminal.aside(words);
        } else {
            terminal.line(words);
        }
        String signature = SshKeygen.sign(key, Statement.NAMESPACE, statement);
        Json.Members arguments = Json.object().with("hold", hold).with("signature", signature);
        Json.Members result =
                daemon.call("hold.sign", typedName == null ? arguments : arguments.with("typed_name", typedName));
        if (own.json()) {
            terminal.json(result);
        } else {
            terminal.line(result.text("result"));
        }
        return Exit.OK;
    }

    /** From the very bytes that are signed, whatever the daemon says of them. */
    private static String words(String hold, byte[] statement) throws IOException {
        Statement read = Statement.read(statement);
        if (!read.hold().equals(hold)) {
            throw new IOException("the daemon showed `" + read.hold() + "` instead of `" + hold
                    + "`; nothing was signed, see `interlock hold list`");
        }
        return dev.interlock.confirm.Rendering.of(read);
    }

    @Command(
            name = "deny",
            mixinStandardHelpOptions = true,
            description = "Deny a hold; the reason goes back to the agent.",
            footer = {"", "Example:", "  interlock hold deny H-01JD… --reason 'use the staging copy'"})
    int deny(
            @Parameters(paramLabel = "HOLD") String hold,
            @Option(names = "--reason", required = true, description = "One sentence for the agent.") String reason,
            @Mixin Options own)
            throws Exception {
        Json.Members result = AdminClient.at(own.config().adminSocket())
                .call("hold.deny", Json.object().with("hold", hold).with("reason", reason));
        if (own.json()) {
            terminal.json(result);
        } else {
            terminal.line(hold + " is denied." + Rendering.unrecorded(result));
        }
        return Exit.OK;
    }
}
