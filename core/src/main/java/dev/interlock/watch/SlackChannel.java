package dev.interlock.watch;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A receiver of Slack's <a href="https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/">incoming
 * webhooks</a>, which Mattermost, Rocket.Chat and others accept as well. Its address is its secret.
 *
 * <p>An agent's text is in code blocks, where nothing is a link, a mention or emphasis.
 */
public final class SlackChannel implements AlertChannel {

    /**
     * The maximum length of one value. It is enough to recognise it; the whole is behind the link, and in the receipt.
     */
    static final int MAX_VALUE = 300;

    /** The maximum length of a message. Slack itself cuts off after 4,000. */
    static final int MAX_TEXT = 3_900;

    private final WebhookClient post;
    private final Secret url;

    private SlackChannel(WebhookClient post, Secret url) {
        this.post = post;
        this.url = url;
    }

    /** Returns a receiver at {@code url}, https or loopback; no message contains the address. */
    public static SlackChannel at(WebhookClient post, Secret url) {
        boolean sound;
        try {
            url.use(text -> {
                WebhookClient.requireSafe(URI.create(text));
                return text;
            });
            sound = true;
        } catch (IllegalArgumentException e) {
            sound = false; // no cause: its message may contain the address
        }
        if (!sound) {
            throw new IllegalArgumentException("the file contains no address that is https, or http on loopback");
        }
        return new SlackChannel(post, url);
    }

    @Override
    public DeliveryResult deliver(AlertMessage message) throws InterruptedException {
        Bytes payload =
                Bytes.of(payload(Json.readObject(message.json().toArray())).canonical());
        return post.send(url.use(text -> post.to(URI.create(text), payload)).build());
    }

    @Override
    public String kind() {
        return "slack";
    }

    static Json.Members payload(Json.Members message) {
        Json.Members data = message.object("data");
        StringBuilder text = new StringBuilder();
        text.append(sign(data.text("severity")))
                .append(" *")
                .append(data.text("severity"))
                .append("* `");
        text.append(data.text("rule"))
                .append("` · ")
                .append(escaped(data.text("gateway")))
                .append('\n');
        text.append("```" + inCode(cut(data.text("summary"))) + "```");
        for (Map.Entry<String, Json> fact : new TreeMap<>(data.object("facts").members()).entrySet()) {
            if (fact.getValue() instanceof Json.Text value) {
                String line = "\n" + escaped(fact.getKey()) + ": `" + inCode(cut(value.value())) + "`";
                if (text.length() + line.length() <= MAX_TEXT) {
                    text.append(line);
                }
            }
        }
        data.optionalText("receipt")
                .ifPresent(id -> text.append("\nreceipt: `").append(inCode(id)).append('`'));
        Optional<String> link = data.optionalText("link");
        link.ifPresent(url -> text.append("\n<").append(url).append("|Open the hold, and compare its words>"));
        return Json.object().with("text", text.toString());
    }

    private static String sign(String severity) {
        return switch (severity) {
            case "alarm" -> ":rotating_light:";
            case "warning" -> ":warning:";
            default -> ":information_source:";
        };
    }

    private static String cut(String text) {
        return text.codePointCount(0, text.length()) <= MAX_VALUE
                ? text
                : text.substring(0, text.offsetByCodePoints(0, MAX_VALUE)) + " … (cut off)";
    }

    // A backtick would end the code block, and Slack would interpret the rest.
    private static String inCode(String text) {
        return escaped(text.replace('`', '\u02cb'));
    }

    // Slack's three control characters.
    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
