package dev.interlock.cli;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.confirm.StatementText;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A signing dialogue: the daemon prepares a statement, a person reads and signs it, and the daemon receives exactly the
 * bytes that were shown.
 *
 * @param prepare the command that returns the statement
 * @param send the command that receives it with the signature
 * @param namespace in which it is signed
 * @param heading above the text that is shown
 */
record SigningDialogue(String prepare, String send, String namespace, String heading) {

    /**
     * Runs the whole dialogue, and returns the daemon's answer.
     *
     * @param about what is to be signed
     */
    Json.Members by(Path key, Json.Members about, AdminClient daemon, Terminal terminal)
            throws IOException, InterruptedException, AdminRefusedException {
        String statement = daemon.call(prepare, about).text("statement");
        String signature = of(statement.getBytes(StandardCharsets.UTF_8), key, terminal);
        return daemon.call(send, Json.object().with("statement", statement).with("signature", signature));
    }

    /** Shows all of {@code statement}, and returns the signature by {@code key}. */
    String of(byte[] statement, Path key, Terminal terminal) throws IOException {
        terminal.aside(StatementText.of(heading + ", as it is signed", Json.readObject(statement)));
        return SshKeygen.sign(key, namespace, statement);
    }
}
