package dev.interlock.cli;

import dev.interlock.adminapi.Question;
import dev.interlock.adminapi.SignedStatement;
import dev.interlock.adminapi.StatementToSign;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.confirm.StatementText;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * The daemon prepares a statement, a person reads and signs it, and the daemon receives exactly the bytes that were
 * shown.
 */
record SigningDialogue<A extends Record>(
        Function<SignedStatement, Question<A>> send, String namespace, String heading) {
    A by(Path key, Question<StatementToSign> prepare, AdminClient daemon, Terminal terminal)
            throws IOException, InterruptedException, AdminRefusedException {
        String statement = daemon.ask(prepare).statement();
        String signature = of(statement.getBytes(StandardCharsets.UTF_8), key, terminal);
        return daemon.ask(send.apply(new SignedStatement(statement, signature)));
    }

    String of(byte[] statement, Path key, Terminal terminal) throws IOException {
        terminal.aside(StatementText.of(heading + ", as it is signed", Json.readObject(statement)));
        return SshKeygen.sign(key, namespace, statement);
    }
}
