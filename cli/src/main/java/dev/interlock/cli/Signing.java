package dev.interlock.cli;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.confirm.Rendering;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A statement that the daemon prepares, a person reads and signs, and the daemon takes back: to the byte what was
 * shown.
 *
 * @param prepare the command that gives the statement
 * @param send the command that takes it with the signature
 * @param namespace in which it is signed
 * @param heading over what is shown
 */
record Signing(String prepare, String send, String namespace, String heading) {

    /**
     * Goes all the way, and says what the daemon answers.
     *
     * @param about what is to be signed
     */
    Json.Members by(Path key, Json.Members about, AdminClient daemon, Terminal terminal)
            throws IOException, InterruptedException, AdminRefusedException {
        String statement = daemon.call(prepare, about).text("statement");
        String signature = of(statement.getBytes(StandardCharsets.UTF_8), key, terminal);
        return daemon.call(send, Json.object().with("statement", statement).with("signature", signature));
    }

    /** The signature of {@code key} under {@code statement}, once all of that has been shown. */
    String of(byte[] statement, Path key, Terminal terminal) throws IOException {
        terminal.aside(Rendering.of(heading + ", as it is signed", Json.readObject(statement)));
        return SshKeygen.sign(key, namespace, statement);
    }
}
