package dev.interlock.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The commented {@code gateway.yaml} that {@code init} and {@code setup} write. {@code keysApart} if the keys process
 * has the package's user for it.
 */
record GatewayYaml(
        String organisation,
        String listen,
        Path data,
        Path run,
        List<String> admins,
        List<String> sealers,
        boolean keysApart) {
    GatewayYaml {
        admins = List.copyOf(admins);
        sealers = List.copyOf(sealers);
    }

    String text() {
        return """
                # Settings of this machine. The file belongs to root; the rules that decide about actions are in policy/, and sealed.

                # The name of this gateway's log, in every receipt. It cannot be changed later.
                origin: interlock.%s.example/gateway-1

                # The listener for agents: they call http://%s/<upstream>/… Loopback only.
                listen: %s

                # With these it accepts only TLS: https://…
                # tls: {certificate: /etc/interlock/front.pem, key: /etc/interlock/front.key}

                # Ledger, vault, store and the seal in force: owned by the daemon, mode 0700.
                data: %s

                # Sockets.
                run: %s

                # The only process that reads the credentials, if it is to have a user of its own.
                %skeys: {user: interlock-keys, gateway: interlock, data: /var/lib/interlock-keys, run: /run/interlock-keys}

                # A second copy of the ledger on another machine's disk, and machines that cosign it: `interlock witness`.
                # Without one of them, whoever takes over this machine can rewrite the log unnoticed.
                # replica: /mnt/elsewhere/interlock      or a bucket with Object Lock: `replica-bucket`, docs/operators.md
                # witnesses:
                #   ann: {key: witness.example/ann+…, url: "https://witness.example/"}

                # The log keeps texts that may name people so that they can be erased, at the latest after: docs/operators.md.
                # retention: 400d

                # Who may use the administrative socket, by user name or number.
                admins: %s

                # The keys that sign seals. Pinned here, where no agent can write.
                seal-signers:
                  quorum: %d
                  keys:
                %s

                # The console: people review and sign in a browser; docs/console.md says what a phone needs.
                # console: {listen: 127.0.0.1:7412, origin: "http://localhost:7412"}

                # Receivers of alerts besides standard error; `alerts` in interlock.yaml says who receives which alert.
                # alerts:
                #   siem:   {url: https://example.com/hook, secret-file: /etc/interlock/webhook.secret}
                #   people: {slack-url-file: /etc/interlock/slack.url}
                #   pager:  {exec: /usr/local/lib/interlock/page}
                """.formatted(
                        organisation,
                        listen,
                        TextQuoting.yaml(listen),
                        TextQuoting.yaml(data),
                        TextQuoting.yaml(run),
                        keysApart ? "" : "# ",
                        admins.stream().map(TextQuoting::yaml).collect(Collectors.joining(", ", "[", "]")),
                        Math.min(2, sealers.size()),
                        sealers.stream().map(key -> "    - \"" + key + "\"").collect(Collectors.joining("\n")));
    }
}
