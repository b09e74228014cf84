package dev.interlock.admin;

import dev.interlock.action.Bytes;
import dev.interlock.action.DigestPhrase;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.evidence.CallFilter;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.people.PasskeyRefusedException;
import dev.interlock.people.Passkeys;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Prepares what a browser asks a passkey to sign: exactly one statement of this gateway's. */
public record SigningCommands(Passkeys passkeys, HoldSigning confirmers, BackupCommands backups)
        implements CommandGroup {

    /** The statements that other commands prepare, besides those of holds and of keys. */
    private static final Set<String> STATEMENTS =
            Set.of("interlock-lease-request@v1", "interlock-kill-lift@v1", "interlock-freeze-lift@v1");

    @Override
    public List<Command<?>> commands() {
        return List.of(Command.of(
                PersonQuestion.PrepareSignature.class, request -> options(request.seal(), request.question())));
    }

    private PersonQuestion.PreparedSignature options(Seal seal, PersonQuestion.PrepareSignature asked)
            throws AdminRefusedException {
        StatementForPasskey shown = statement(seal, asked);
        byte[] statement = shown.statement().toArray();
        try {
            return new PersonQuestion.PreparedSignature(
                    passkeys.toSign(seal, asked.person(), statement),
                    new String(statement, StandardCharsets.UTF_8),
                    DigestPhrase.of(shown.statement().sha256()),
                    shown.nameToType());
        } catch (PasskeyRefusedException e) {
            throw SignatureReader.refused(e);
        }
    }

    private record StatementForPasskey(Bytes statement, Optional<String> nameToType) {}

    private StatementForPasskey statement(Seal seal, PersonQuestion.PrepareSignature asked)
            throws AdminRefusedException {
        long named = Stream.of(asked.hold(), asked.key(), asked.statement(), asked.unsigned())
                .filter(Optional::isPresent)
                .count();
        if (named != 1) {
            throw new MalformedException(
                    "`sign.options` needs exactly one of `hold`, `key`, `statement` and `unsigned`");
        }
        if (asked.hold().isPresent()) {
            String hold = asked.hold().get();
            Optional<CallGrant> more = asked.calls()
                    .map(calls ->
                            new CallGrant(calls, CallFilter.time(asked.until().orElse(""))));
            return confirmers
                    .showSet(seal, hold, more)
                    .map(sheet -> new StatementForPasskey(sheet.statement(), sheet.nameToType()))
                    .orElseThrow(() -> new AdminRefusedException(
                            "not_found", "There is no hold `" + hold + "`.", "See `interlock hold list`."));
        }
        if (asked.key().isPresent()) {
            return passkeys.find(asked.key().get())
                    .map(key -> new StatementForPasskey(Bytes.of(key.statement().canonical()), Optional.empty()))
                    .orElseThrow(() -> PasskeyCommands.noSuchPasskey());
        }
        return new StatementForPasskey(
                asked.unsigned().isPresent()
                        ? backups.statement(seal, asked.unsigned().get())
                        : prepared(asked.statement().orElseThrow()),
                Optional.empty());
    }

    /** A passkey signs nothing but what the commands of this gateway prepare. */
    private static Bytes prepared(String statement) {
        Bytes bytes = Bytes.utf8(statement);
        if (!STATEMENTS.contains(Json.readObject(bytes.toArray()).text("type"))) {
            throw new MalformedException("`statement` is not one that people sign for a lease, a kill or a freeze");
        }
        return bytes;
    }
}
