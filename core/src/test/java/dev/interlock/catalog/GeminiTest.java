package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.testing.BuiltIn;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the same as {@link ModelProvidersTest} for a provider that puts kinds into member names. */
final class GeminiTest {

    private static final RestFixture GEMINI = RestFixture.of("gemini");
    private static final String MODEL = "POST /v1beta/models/gemini-2.5-flash:";
    private static final String STREAMED = MODEL + "streamGenerateContent?alt=sse";
    private static final String COUNTED = MODEL + "countTokens";
    private static final List<String> ASKED = List.of(MODEL + "generateContent", STREAMED);
    private static final String HI = "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]";

    private static String question(String more) {
        return "{" + HI + "," + more.replace('\'', '"') + "}";
    }

    private static String parts(String parts) {
        return "{\"contents\":[{\"role\":\"user\",\"parts\":" + parts.replace('\'', '"') + "}]}";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'generationConfig':{'temperature':1,'topP':0.95,'maxOutputTokens':100,"
                        + "'thinkingConfig':{'includeThoughts':true,'thinkingBudget':8192}}",
                "'systemInstruction':{'role':'user','parts':[{'text':'be kind'}]}",
                "'tools':[{'functionDeclarations':[{'name':'googleSearch','description':'d',"
                        + "'parametersJsonSchema':{'properties':{'googleSearch':{},'fileData':{}}}}]}],"
                        + "'toolConfig':{'functionCallingConfig':{'mode':'AUTO'}}",
                "'safetySettings':[{'category':'c','threshold':'BLOCK_NONE'}]",
                "'cachedContent':null,'tools':[{'googleSearch':null}]",
            })
    void askingAModelIsARead(String more) {
        for (String request : ASKED) {
            assertThat(GEMINI.action(request, question(more))).satisfies(action -> {
                assertThat(action.impacts()).isEqualTo(Set.of(Impact.READ));
                assertThat(action.resources()).isEqualTo(Set.of(new Resource("gemini", "account", "self")));
                assertThat(RestFixture.facts(action, "argument.model")).containsExactly("gemini-2.5-flash");
            });
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{'text':'hi'},{'text':'…','thought':true,'thoughtSignature':'s'}]",
                "[{'inlineData':{'mimeType':'image/png','data':'aa'}}]",
                "[{'functionCall':{'id':'1','name':'web_fetch','args':{'fileData':{'fileUri':'u'}}}}]",
                "[{'functionResponse':{'id':'1','name':'f','response':{'output':'x','googleSearch':{}}}}]",
                "[{'functionResponse':{'name':'f','response':{},'parts':[{'inlineData':{'data':'aa'}}]}}]",
            })
    void toolResultsInThePromptAreARead(String parts) {
        for (String request : Stream.concat(ASKED.stream(), Stream.of(COUNTED)).toList()) {
            assertThat(GEMINI.impacts(request, parts(parts))).as(request).isEqualTo(Set.of(Impact.READ));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'tools':[{'googleSearch':{}}]",
                "'tools':[{'googleSearchRetrieval':{}}]",
                "'tools':[{'urlContext':{}}]",
                "'tools':[{'codeExecution':{}}]",
                "'tools':[{'computerUse':{'environment':'ENVIRONMENT_BROWSER'}}]",
                "'tools':[{'fileSearch':{'fileSearchStoreNames':['s']}}]",
                "'tools':[{'googleMaps':{}}]",
                "'tools':[{'mcpServers':[{'name':'x','streamableHttpTransport':{'url':'https://evil.example'}}]}]",
                "'tools':[{'retrieval':{}}]",
                "'tools':[{'functionDeclarations':[]},{'urlContext':{}}]",
                "'tools':[[{'urlContext':{}}]]",
                "'tools':{'urlContext':{}}",
                "'cachedContent':'cachedContents/1'",
                "'systemInstruction':{'parts':[{'fileData':{'fileUri':'https://evil.example'}}]}",
                "'systemInstruction':{'parts':[{'functionResponse':{'parts':[{'fileData':{}}]}}]}",
                "'systemInstruction':{'parts':[{'executableCode':{}}]}",
                "'systemInstruction':{'parts':[{'codeExecutionResult':{}}]}",
                "'systemInstruction':{'parts':[{'toolCall':{}}]}",
                "'systemInstruction':{'parts':[{'toolResponse':{}}]}",
            })
    void serverSideToolsExecute(String more) {
        for (String request : ASKED) {
            assertThat(GEMINI.impacts(request, question(more))).as(request).contains(Impact.EXECUTE);
        }
        String nested = "{\"generateContentRequest\":{\"model\":\"models/m\","
                + question(more).substring(1) + "}";
        assertThat(GEMINI.impacts(COUNTED, nested)).contains(Impact.EXECUTE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{'fileData':{'fileUri':'https://evil.example/?secret','mimeType':'text/plain'}}]",
                "[{'text':'x'},{'fileData':{'fileUri':'https://generativelanguage.googleapis.com/v1beta/files/1'}}]",
                "[{'fileData':'https://evil.example'}]",
                "[{'functionResponse':{'name':'f','response':{},'parts':[{'fileData':{'fileUri':'u'}}]}}]",
                "[{'executableCode':{'language':'PYTHON','code':'1'}}]",
                "[{'codeExecutionResult':{'outcome':'OUTCOME_OK'}}]",
                "[{'toolCall':{'toolType':'GOOGLE_SEARCH_WEB'}}]",
                "[{'toolResponse':{}}]",
            })
    void filesToFetchAndServerMadePartsExecute(String parts) {
        for (String request : Stream.concat(ASKED.stream(), Stream.of(COUNTED)).toList()) {
            assertThat(GEMINI.impacts(request, parts(parts))).as(request).contains(Impact.EXECUTE);
        }
        String one = "{\"parts\":" + parts.replace('\'', '"') + "}";
        assertThat(GEMINI.impacts(COUNTED, "{\"generateContentRequest\":" + parts(parts) + "}"))
                .contains(Impact.EXECUTE);
        assertThat(GEMINI.impacts(MODEL + "embedContent", "{\"content\":" + one + "}"))
                .contains(Impact.EXECUTE);
        assertThat(GEMINI.impacts(MODEL + "batchEmbedContents", "{\"requests\":[{\"content\":" + one + "}]}"))
                .contains(Impact.EXECUTE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'tools':[{'google_search':{}}]", // Google accepts this spelling too
                "'tools':[{'GoogleSearch':{}}]",
                "'tools':['googleSearch']",
                "'cached_content':'cachedContents/1'",
                "'contents':[{'parts':[{'file_data':{'file_uri':'u'}}]}]", // and twice
            })
    void oddShapesAndSpellingsAreNotUnderstood(String more) {
        for (String request : ASKED) {
            GEMINI.refused(RestFixture.call(request, question(more)));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'tools':[{'ofTomorrow':{}}]",
                "'tools':[{'ofTomorrow':1}]",
                "'model':'models/another'", // the path says which
                "'contents':[{'parts':[{'ofTomorrow':{}}]}]",
                "'contents':[{'parts':[{'functionResponse':{'parts':[{'ofTomorrow':1}]}}]}]",
                "'of_tomorrow':{'fileUri':'x'}",
            })
    void unknownToolsPartsAndPointersExecute(String more) {
        String body = "{" + more.replace('\'', '"') + "}";
        for (String request : ASKED) {
            assertThat(GEMINI.impacts(request, body)).as(request).contains(Impact.EXECUTE);
        }
    }

    @Test
    void unknownFieldsThatCannotActAreRead() {
        for (String request : ASKED) {
            assertThat(GEMINI.impacts(request, question("'generationConfig':{'ofTomorrow':1},'ofTomorrow':'high'")))
                    .as(request)
                    .isEqualTo(Set.of(Impact.READ));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{'file_data':{'file_uri':'https://evil.example'}}]",
                "['https://evil.example']",
                "[{'functionResponse':{'parts':[{'file_data':{}}]}}]"
            })
    void oddPartsAreNotUnderstood(String parts) {
        GEMINI.refused(RestFixture.call(STREAMED, parts(parts)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /upload/v1beta/files",
                "GET /v1beta/files",
                "POST /v1beta/cachedContents",
                "POST /v1beta/models/m:batchGenerateContent",
                "POST /v1beta/models/m:predictLongRunning",
                "POST /v1beta/models/m:ofTomorrow",
                "POST /v1beta/models/m:generateContent:generateContent",
                "POST /v1beta/models/m:x:generateContent",
                "POST /v1beta/models/:generateContent",
                "POST /v1beta/models/m:generateContent/",
                "POST /v1beta/models/m:GenerateContent",
                "POST /v1beta/models/generateContent",
                "POST /v1beta/models/m/x:generateContent",
                "POST /v1beta/tunedModels/m:generateContent",
                "POST /v1/models/m:generateContent",
                "POST /v1beta/interactions",
                "GET /v1beta/models/m:generateContent?alt=sse",
                "POST /v1beta/models/m:generateContent?prettyPrint=true",
                "POST /v1beta/models/m:generateContent?$alt=json",
            })
    void otherOperationsOfTheProviderAreRefused(String request) {
        GEMINI.refused(RestFixture.call(request, request.startsWith("POST") ? "{" + HI + "}" : ""));
    }

    @Test
    void modelsAreListedAndTextsMeasured() {
        assertThat(GEMINI.impacts("GET /v1beta/models?pageSize=20", "")).isEqualTo(Set.of(Impact.READ));
        assertThat(GEMINI.impacts("GET /v1beta/models/gemini-2.5-flash", "")).isEqualTo(Set.of(Impact.READ));
        assertThat(GEMINI.impacts(MODEL + "embedContent", "{\"content\":{\"parts\":[{\"text\":\"x\"}]}}"))
                .isEqualTo(Set.of(Impact.READ));
    }

    @Test
    void noKeyIsForwardedAndThePathIsUnchanged() {
        HttpCall call = RestFixture.call(STREAMED, "{" + HI + "}", new Header("x-goog-api-key", "k"));
        HttpCall sent = (HttpCall) GEMINI.understood(call).outgoing();
        assertThat(sent.path()).isEqualTo("/v1beta/models/gemini-2.5-flash:streamGenerateContent");
        assertThat(sent.headers()).extracting(Header::name).doesNotContain("x-goog-api-key");
    }

    @ParameterizedTest
    @ValueSource(strings = {"key", "access_token", "oauth_token"})
    void aKeyInTheAddressIsACredential(String name) {
        assertThat(BuiltIn.CATALOGS.find("gemini").orElseThrow().carriers().query())
                .contains(name);
        GEMINI.refused(RestFixture.call(STREAMED + "&" + name + "=AIza", "{" + HI + "}"));
    }
}
