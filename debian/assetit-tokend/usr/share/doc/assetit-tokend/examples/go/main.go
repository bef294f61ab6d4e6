// Command assets gets a URL of AssetIT: go run main.go URL. AssetIT is an http.RoundTripper for any http.Client.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

var daemon = http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
	DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		path := os.Getenv("ASSETIT_TOKEND_SOCKET")
		if path == "" {
			path = "/run/assetit-tokend/api.sock"
		}
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}

func ask(ctx context.Context, method, path, body string) (string, error) {
	url := "http://localhost/v1/profiles/default/" + path
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	answer, err := daemon.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("assetit-tokend: %s", text)
	}
	if header := answer.Header.Get("Authorization"); header != "" {
		return header, err
	}
	return string(text), err
}

// AssetIT sends requests with the header, to the one host that may have it.
type AssetIT struct{ Host string }

func (a AssetIT) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Host != a.Host {
		return http.DefaultTransport.RoundTrip(request)
	}
	header, err := ask(request.Context(), "GET", "header", "")
	if err != nil {
		return nil, err
	}
	for attempt := 0; ; attempt++ {
		sent := request.Clone(request.Context())
		sent.Header.Set("Authorization", header)
		if attempt > 0 && request.GetBody != nil {
			if sent.Body, err = request.GetBody(); err != nil {
				return nil, err
			}
		}
		answer, err := http.DefaultTransport.RoundTrip(sent)
		canRepeat := request.Body == nil || request.Body == http.NoBody || request.GetBody != nil
		if err != nil || answer.StatusCode != http.StatusUnauthorized || attempt > 0 {
			return answer, err
		}
		another, err := ask(request.Context(), "POST", "rejected", header)
		if err != nil || !canRepeat {
			return answer, nil
		}
		answer.Body.Close()
		header = another
	}
}

func main() {
	request, err := http.NewRequest("GET", os.Args[1], nil)
	if err != nil {
		panic(err)
	}
	client := http.Client{Transport: AssetIT{request.URL.Host}, Timeout: time.Minute}
	answer, err := client.Do(request)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	io.Copy(os.Stdout, answer.Body)
	if answer.StatusCode >= 300 {
		os.Exit(1)
	}
}
