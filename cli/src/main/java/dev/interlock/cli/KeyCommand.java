package dev.interlock.cli;

import dev.interlock.action.Bytes;
import dev.interlock.action.DigestPhrase;
import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyStatement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "key",
        description = "People's passkeys: list, invite, endorse, revoke.",
        footer = {
            "  sudo interlock key invite ann",
            "  interlock key list",
            "  interlock key endorse passkey:4mX… --key ~/.ssh/id_ed25519_sk",
            "  interlock key revoke passkey:4mX… --reason 'the laptop was stolen'"
        })
final class KeyCommand extends TerminalCommand {

    @Command(
            name = "list",
            description = "List people's passkeys, and those that wait for an endorsement.",
            footer = "  interlock key list --all --json")
    int list(@Option(names = "--all", description = "Include revoked passkeys.") boolean all, @Mixin Options own)
            throws Exception {
        List<PersonQuestion.Passkey> keys = keys(own.daemon()).stream()
                .filter(key -> all || !key.state().equals("revoked"))
                .toList();
        return terminal.answer(
                own,
                new PersonQuestion.Passkeys(keys),
                List.of("PERSON", "STATE", "CLASS", "BY", "MADE", "KEY"),
                keys.stream()
                        .map(key -> List.of(
                                key.person(),
                                key.state(),
                                key.keyClass().orElse("–"),
                                key.basis().orElse("–"),
                                key.madeAt().toString(),
                                key.id()))
                        .toList());
    }

    private static List<PersonQuestion.Passkey> keys(AdminClient daemon) throws Exception {
        return daemon.ask(new PersonQuestion.ListPasskeys()).keys();
    }

    @Command(
            name = "invite",
            description = "Create a one-time code for a person's first passkey. Only root and the gateway's user can.",
            footer = "  sudo interlock key invite ann")
    int invite(@Parameters(paramLabel = "PERSON") String person, @Mixin Options own) throws Exception {
        PersonQuestion.Invitation result = own.daemon().ask(new PersonQuestion.InvitePerson(person));
        return terminal.answer(own, result, () -> {
            terminal.line("The invitation of " + result.person() + ", good once and until "
                    + CellFormat.time(result.expires()) + ":");
            terminal.line("  " + result.address().<String>use(address -> address));
            terminal.line("They open it in a browser and make their passkey. Or they enter their name and "
                    + result.code().<String>use(code -> code) + " at " + result.origin()
                    + ". Everybody who has it can become "
                    + result.person() + ": give it to nobody else.");
        });
    }

    @Command(
            name = "endorse",
            description = "Endorse a new passkey with an SSH key: your own, or that of a person who lost theirs.",
            footer = "  interlock key endorse passkey:4mX… --key ~/.ssh/id_ed25519_sk")
    int endorse(
            @Parameters(paramLabel = "KEY") String name,
            @Option(names = "--key", required = true, description = "The SSH key to sign with.") Path key,
            @Mixin Options own)
            throws Exception {
        AdminClient daemon = own.daemon();
        byte[] statement = statement(keys(daemon), name);
        String words = words(name, statement);
        terminal.show(own, words);
        PersonQuestion.EndorsedPasskey result = daemon.ask(new PersonQuestion.EndorsePasskey(
                name, new Json.Text(SshKeygen.sign(key, KeyStatement.NAMESPACE, statement))));
        boolean good = result.key().state().equals("good");
        return terminal.answer(
                own,
                result,
                result.person() + " endorses it. "
                        + (good ? "It is valid from now on." : "More signatures are missing: the seal says how many."));
    }

    private static byte[] statement(List<PersonQuestion.Passkey> keys, String name) throws IOException {
        return keys.stream()
                .filter(key -> key.id().equals(name))
                .flatMap(key -> key.statement().stream())
                .findFirst()
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .orElseThrow(() ->
                        new IOException("no passkey `" + name + "` waits to be endorsed; see `interlock key list`"));
    }

    /** Computes the words from the very bytes that are signed, and does not trust the daemon's text. */
    private static String words(String name, byte[] bytes) throws IOException {
        KeyStatement statement = KeyStatement.of(Json.readObject(bytes));
        if (!statement.name().equals(name)) {
            throw new IOException("the daemon showed another passkey than `" + name
                    + "`; nothing was signed, see `interlock key list`");
        }
        return String.join(
                "\n",
                "The holder of this passkey will be " + statement.person() + ":",
                "  " + statement.name(),
                "  made " + statement.madeAt() + " at " + statement.origin(),
                "  in words " + DigestPhrase.of(Bytes.of(bytes).sha256()),
                "Compare the words with those that " + statement.person() + " sees.");
    }

    @Command(
            name = "revoke",
            description = "Revoke a passkey at once and for ever.",
            footer = "  interlock key revoke passkey:4mX… --reason 'the laptop was stolen'")
    int revoke(
            @Parameters(paramLabel = "KEY") String name,
            @Option(names = "--reason", required = true, description = "The reason, in one sentence, for the receipt.")
                    String reason,
            @Mixin Options own)
            throws Exception {
        PersonQuestion.RevokedPasskey result = own.daemon().ask(new PersonQuestion.RevokePasskey(name, reason));
        return terminal.answer(own, result, () -> {
            terminal.line("It is no longer valid." + CellFormat.unrecorded(result));
            result.vouchedFor()
                    .forEach(other -> terminal.line("It has endorsed " + other
                            + ", which is still valid: revoke that too, if the same person created both."));
        });
    }
}
