# An agent that starts in a millisecond: answers what it is asked first, then one message after the other.
while read -r line; do
    case $line in
    *'"initialize"'*)
        echo '{"type":"control_response","response":{"subtype":"success","request_id":"initialize","response":{}}}'
        ;;
    *'"user"'*)
        echo '{"type":"system","subtype":"init","session_id":"00000000-0000-4000-8000-000000000000","uuid":"u"}'
        echo '{"type":"assistant","message":{"id":"m","role":"assistant","content":[{"type":"text","text":"hi"}]}}'
        echo '{"type":"result","subtype":"success","is_error":false,"usage":{},"modelUsage":{}}'
        ;;
    esac
done
