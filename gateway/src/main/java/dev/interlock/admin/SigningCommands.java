package dev.interlock.admin;

import dev.interlock.action.Bytes;
import dev.interlock.action.DigestPhrase;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.Entitlement;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.people.PasskeyRefusedException;
import dev.interlock.people.Passkeys;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Prepares what a browser asks a passkey to sign: exactly one statement of this gateway's. */
public final class SigningCommands implements CommandGroup {

    /** The statements that other commands prepare, besides those of holds and of keys. */
    private static final Set<String> STATEMENTS =
            Set.of("interlock-lease-request@v1", "interlock-kill-lift@v1", "interlock-freeze-lift@v1");

    private final Passkeys passkeys;
    private final HoldSigning confirmers;
    private final BackupCommands backups;

    public SigningCommands(Passkeys passkeys, HoldSigning confirmers, BackupCommands backups) {
        this.passkeys = passkeys;
        this.confirmers = confirmers;
        this.backups = backups;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(Command.of(
                "sign.options",
                Entitlement.CONSOLE,
                Set.of("hold", "key", "person", "statement", "unsigned"),
                request -> options(request.seal(), request.question())));
    }

    /** Returns what a browser needs to have exactly one statement signed, and what a person sees of it. */
    private Json.Members options(Seal seal, Json.Members arguments) throws AdminRefusedException {
        StatementToSign asked = asked(seal, arguments);
        try {
            Json.Members options = passkeys.toSign(
                    seal, arguments.text("person"), asked.statement().toArray());
            Json.Members result = Json.object()
                    .with("options", options)
                    .with("statement", new String(asked.statement().toArray(), StandardCharsets.UTF_8))
                    .with("words", DigestPhrase.of(asked.statement().sha256()));
            return result.withOptional("name_to_type", asked.nameToType());
        } catch (PasskeyRefusedException e) {
            throw SignatureReader.refused(e);
        }
    }

    private record StatementToSign(Bytes statement, Optional<String> nameToType) {}

    private StatementToSign asked(Seal seal, Json.Members arguments) throws AdminRefusedException {
        List<String> named =
                arguments.without(Set.of("person")).members().keySet().stream().toList();
        if (named.size() != 1) {
            throw new MalformedException(
                    "`sign.options` needs exactly one of `hold`, `key`, `statement` and " + "`unsigned`");
        }
        String value = arguments.text(named.getFirst());
        return switch (named.getFirst()) {
            case "hold" ->
                confirmers
                        .show(seal, value)
                        .map(sheet -> new StatementToSign(sheet.statement(), sheet.nameToType()))
                        .orElseThrow(() -> new AdminRefusedException(
                                "not_found", "There is no hold `" + value + "`.", "See `interlock hold list`."));
            case "key" ->
                passkeys.find(value)
                        .map(key -> new StatementToSign(Bytes.of(key.statement().canonical()), Optional.empty()))
                        .orElseThrow(() -> PasskeyCommands.noSuchPasskey());
            case "unsigned" -> new StatementToSign(backups.statement(seal, value), Optional.empty());
            default -> new StatementToSign(prepared(value), Optional.empty());
        };
    }

    /** A passkey signs nothing but what the commands of this gateway prepare. */
    private static Bytes prepared(String statement) {
        Bytes bytes = Bytes.utf8(statement);
        if (!STATEMENTS.contains(Json.readObject(bytes.toArray()).text("type"))) {
            throw new MalformedException(
                    "`statement` is not one that people sign for a lease, a kill or a freeze");
        }
        return bytes;
    }
}
