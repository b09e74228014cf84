package dev.interlock.system;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Anthropic with a scripted model, as a program: {@code KEY AUTHORITY COMMAND…}. It writes its authority to a file,
 * prints its line of {@code /etc/hosts}, and has Claude Code run each command. {@code packaging/test-inside} starts it.
 */
final class ScriptedModelMain {

    private ScriptedModelMain() {}

    /** Serves until the process is ended. */
    public static void main(String[] args) throws Exception {
        List<ScriptedModel.Step> script =
                Arrays.stream(args).skip(2).map(CodingAgent.CLAUDE_CODE::shell).toList();
        try (ScriptedModel model = new ScriptedModel(ModelWire.ANTHROPIC, args[0])) {
            model.follow(script);
            Files.writeString(Path.of(args[1]), model.authority());
            System.out.print(model.hostLine());
            System.out.flush();
            new CountDownLatch(1).await();
        }
    }
}
